#define _GNU_SOURCE
#include "CPoll.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH 512

#ifdef __linux__

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>

int cpoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

static int add(int poller, int fd, uint64_t key, uint32_t what) {
  struct epoll_event event = {.events = what, .data = {.u64 = key}};
  return epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
}

int cpoll_add(int poller, int fd, uint64_t key) {
  return add(poller, fd, key, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
}

int cpoll_add_listener(int poller, int fd, uint64_t key) {
  return add(poller, fd, key, EPOLLIN | EPOLLEXCLUSIVE);
}

int cpoll_watch(int poller, int fd, uint64_t key, int reading, int writing, int is_watched) {
  struct epoll_event event = {
      .events = (reading ? EPOLLIN : 0) | (writing ? EPOLLOUT : 0), .data = {.u64 = key}};
  return epoll_ctl(poller, is_watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);
}

int cpoll_remove(int poller, int fd) { return epoll_ctl(poller, EPOLL_CTL_DEL, fd, NULL); }

// epoll_pwait2 (Linux 5.11) waits in nanoseconds; older kernels round up to milliseconds.
static int wait_for(int poller, struct epoll_event *events, int capacity, int64_t timeout_ns) {
#ifdef SYS_epoll_pwait2
  static int missing = 0;
  if (!missing) {
    struct timespec limit = {.tv_sec = timeout_ns / 1000000000, .tv_nsec = timeout_ns % 1000000000};
    int count = (int)syscall(SYS_epoll_pwait2, poller, events, capacity, timeout_ns < 0 ? NULL : &limit, NULL, 0);
    if (count >= 0 || errno != ENOSYS) return count;
    missing = 1;
  }
#endif
  int64_t milliseconds = timeout_ns < 0 ? -1 : (timeout_ns + 999999) / 1000000;
  if (milliseconds > 3600000) milliseconds = 3600000;
  return epoll_wait(poller, events, capacity, (int)milliseconds);
}

int cpoll_wait(int poller, cpoll_event *events, int capacity, int64_t timeout_ns) {
  struct epoll_event found[BATCH];
  int count = wait_for(poller, found, capacity < BATCH ? capacity : BATCH, timeout_ns);
  for (int i = 0; i < count; i++) {
    uint32_t what = found[i].events;
    events[i].key = found[i].data.u64;
    events[i].readable = (what & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    events[i].writable = (what & EPOLLOUT) != 0;
    events[i].hung_up = (what & (EPOLLHUP | EPOLLERR)) != 0;
  }
  return count;
}

void cpoll_wait_exactly(void) { prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL); }

int cpoll_make_waker(int *read_end, int *write_end) {
  int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  *read_end = *write_end = fd;
  return fd < 0 ? -1 : 0;
}

int cpoll_make_timer(int poller, uint64_t key) {
  int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (fd >= 0 && add(poller, fd, key, EPOLLIN | EPOLLET) < 0) {
    close(fd);
    fd = -1;
  }
  return fd;
}

void cpoll_set_timer(int timer, int64_t at_ns) {
  struct itimerspec when = {.it_value = {.tv_sec = at_ns / 1000000000, .tv_nsec = at_ns % 1000000000}};
  timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL);
}

int cpoll_stamp_arrivals(int fd) {
  int on = 1;
  return setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
}

int cpoll_keep_stamping(void) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd >= 0) cpoll_stamp_arrivals(fd);
  return fd;
}

int64_t cpoll_arrival(int fd) {
  // Looked at and neither taken nor, with MSG_TRUNC, copied: the kernel walks over what a read of 16 kB will take.
  char room[16384];
  struct iovec place = {.iov_base = room, .iov_len = sizeof room};
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(struct timespec))];
  } control;
  struct msghdr message = {
      .msg_iov = &place, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  if (recvmsg(fd, &message, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT) <= 0) return 0;
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS) continue;
    struct timespec at;
    memcpy(&at, CMSG_DATA(c), sizeof at);
    return at.tv_sec * 1000000000LL + at.tv_nsec;
  }
  return 0;
}

#else

#include <sys/event.h>

int cpoll_make_timer(int poller, uint64_t key) {
  (void)poller, (void)key;
  return -1;
}

void cpoll_set_timer(int timer, int64_t at_ns) { (void)timer, (void)at_ns; }

int cpoll_stamp_arrivals(int fd) {
  (void)fd;
  return -1;
}

int cpoll_keep_stamping(void) { return -1; }

int64_t cpoll_arrival(int fd) {
  (void)fd;
  return 0;
}

void cpoll_wait_exactly(void) {}

int cpoll_create(void) { return kqueue(); }

int cpoll_add(int poller, int fd, uint64_t key) {
  struct kevent changes[2];
  EV_SET(&changes[0], fd, EVFILT_READ, EV_ADD | EV_CLEAR, 0, 0, (void *)(uintptr_t)key);
  EV_SET(&changes[1], fd, EVFILT_WRITE, EV_ADD | EV_CLEAR, 0, 0, (void *)(uintptr_t)key);
  return kevent(poller, changes, 2, NULL, 0, NULL) < 0 ? -1 : 0;
}

int cpoll_add_listener(int poller, int fd, uint64_t key) {
  struct kevent change;
  EV_SET(&change, fd, EVFILT_READ, EV_ADD, 0, 0, (void *)(uintptr_t)key);
  return kevent(poller, &change, 1, NULL, 0, NULL) < 0 ? -1 : 0;
}

int cpoll_watch(int poller, int fd, uint64_t key, int reading, int writing, int is_watched) {
  (void)is_watched;
  struct kevent change;
  // Taking a filter away that is not there is no mistake here.
  EV_SET(&change, fd, EVFILT_READ, reading ? EV_ADD : EV_DELETE, 0, 0, (void *)(uintptr_t)key);
  int failed = kevent(poller, &change, 1, NULL, 0, NULL) < 0 && reading;
  EV_SET(&change, fd, EVFILT_WRITE, writing ? EV_ADD : EV_DELETE, 0, 0, (void *)(uintptr_t)key);
  failed |= kevent(poller, &change, 1, NULL, 0, NULL) < 0 && writing;
  return failed ? -1 : 0;
}

int cpoll_remove(int poller, int fd) {
  struct kevent changes[2];
  EV_SET(&changes[0], fd, EVFILT_READ, EV_DELETE, 0, 0, NULL);
  EV_SET(&changes[1], fd, EVFILT_WRITE, EV_DELETE, 0, 0, NULL);
  return kevent(poller, changes, 2, NULL, 0, NULL) < 0 ? -1 : 0;
}

int cpoll_wait(int poller, cpoll_event *events, int capacity, int64_t timeout_ns) {
  struct kevent found[BATCH];
  struct timespec limit = {.tv_sec = timeout_ns / 1000000000, .tv_nsec = timeout_ns % 1000000000};
  int count = kevent(
      poller, NULL, 0, found, capacity < BATCH ? capacity : BATCH, timeout_ns < 0 ? NULL : &limit);
  for (int i = 0; i < count; i++) {
    events[i].key = (uint64_t)(uintptr_t)found[i].udata;
    events[i].readable = found[i].filter == EVFILT_READ;
    events[i].writable = found[i].filter == EVFILT_WRITE;
    events[i].hung_up = 0;
  }
  return count;
}

int cpoll_make_waker(int *read_end, int *write_end) {
  int ends[2];
  if (pipe(ends) < 0) return -1;
  for (int i = 0; i < 2; i++) {
    fcntl(ends[i], F_SETFL, O_NONBLOCK);
    fcntl(ends[i], F_SETFD, FD_CLOEXEC);
  }
  *read_end = ends[0];
  *write_end = ends[1];
  return 0;
}

#endif

void cpoll_wake(int write_end) {
  uint64_t one = 1;
  ssize_t ignored = write(write_end, &one, sizeof one);
  (void)ignored;
}

void cpoll_drain(int read_end) {
  uint64_t buffer[64];
  while (read(read_end, buffer, sizeof buffer) > 0) {
#ifdef __linux__
    break;
#endif
  }
}
