#ifndef CPOLL_H
#define CPOLL_H

#include <stdint.h>

// Readiness of many sockets, with waits in nanoseconds: epoll on Linux, kqueue on macOS. Swift's
// Glibc module knows neither epoll nor eventfd, which is the whole reason for this module.

typedef struct {
  uint64_t key;   // as given to cpoll_add
  int readable;   // there is something to read, or the peer has closed
  int writable;
  int hung_up;    // the peer reset or closed both ways
} cpoll_event;

// A poller, or -1 with errno.
int cpoll_create(void);
// Watches fd, edge-triggered, for reading and writing both. 0, or -1 with errno.
int cpoll_add(int poller, int fd, uint64_t key);
// Watches a listening socket, level-triggered; of several pollers watching it, few are woken.
int cpoll_add_listener(int poller, int fd, uint64_t key);
// Watches fd, level-triggered, for reading, writing or both; with is_watched, changes what it is watched for.
int cpoll_watch(int poller, int fd, uint64_t key, int reading, int writing, int is_watched);
int cpoll_remove(int poller, int fd);
// Waits up to timeout_ns (-1: for ever). The number of events, or -1 with errno.
int cpoll_wait(int poller, cpoll_event *events, int capacity, int64_t timeout_ns);
// From here on the calling thread's waits end when they should: the kernel may by itself let them last 50 microseconds
// longer, to wake fewer times.
void cpoll_wait_exactly(void);

// A pair of descriptors by which another thread ends a wait: add `read_end` to the poller, write with
// cpoll_wake, empty with cpoll_drain. They may be the same descriptor.
int cpoll_make_waker(int *read_end, int *write_end);
void cpoll_wake(int write_end);
void cpoll_drain(int read_end);

// A timer that ends waits at exact moments of the monotonic clock, whatever else is going on; -1 where there
// is none. Each time is to be set anew.
int cpoll_make_timer(int poller, uint64_t key);
void cpoll_set_timer(int timer, int64_t at_ns);

// Lets the kernel note when bytes arrive on a TCP socket. 0, or -1 where it cannot. It begins to do so a moment
// after the first socket asked for it: one that is kept open for that alone is returned by cpoll_keep_stamping.
int cpoll_keep_stamping(void);
int cpoll_stamp_arrivals(int fd);
// When the last of the bytes that wait to be read arrived: nanoseconds of CLOCK_REALTIME; 0 where it is not known.
int64_t cpoll_arrival(int fd);

#endif
