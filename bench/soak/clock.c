/* Moves the wall clock of one program, as an administrator or a time server does: preload it; the file that SOAK_CLOCK names
 * says by how many seconds. The monotonic clock and all timers stay as they are, as they do when a real clock jumps.
 * (Debian's libfaketime shifts monotonic timers with the wall clock: one set after a jump back by an hour rings an hour late.) */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static int file = -1;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("SOAK_CLOCK");
  if (path) file = open(path, O_RDONLY | O_CLOEXEC);
}

static long offset(void) {
  static long last;
  char text[32];
  ssize_t count = file < 0 ? 0 : pread(file, text, sizeof text - 1, 0);
  if (count <= 0) return last;
  text[count] = 0;
  return last = atol(text);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  int result = (int)syscall(SYS_clock_gettime, clock, now);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += offset();
  return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  struct timespec exact;
  clock_gettime(CLOCK_REALTIME, &exact);
  now->tv_sec = exact.tv_sec;
  now->tv_usec = exact.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *place) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (place) *place = now.tv_sec;
  return now.tv_sec;
}
