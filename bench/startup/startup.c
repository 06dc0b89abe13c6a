// startup RUNS COMMAND...: the median wall time, CPU time and greatest resident memory of a whole process, from
// posix_spawn to its end. Three runs before the first that counts bring its files into memory.
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

int main(int argc, char **argv) {
  int runs = argc > 2 ? atoi(argv[1]) : 0;
  if (runs < 1) return fprintf(stderr, "usage: startup RUNS COMMAND...\n"), 2;
  double *wall = malloc(runs * sizeof *wall), *cpu = malloc(runs * sizeof *cpu);
  long peak = 0;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  for (int i = -3; i < runs; i++) {
    struct timespec start, end;
    struct rusage used;
    int status;
    pid_t child;
    clock_gettime(CLOCK_MONOTONIC, &start);
    if (posix_spawnp(&child, argv[2], &actions, NULL, argv + 2, environ)) return perror(argv[2]), 1;
    if (wait4(child, &status, 0, &used) < 0 || status != 0) return fprintf(stderr, "%s failed\n", argv[2]), 1;
    clock_gettime(CLOCK_MONOTONIC, &end);
    if (i < 0) continue;
    wall[i] = (end.tv_sec - start.tv_sec) * 1e3 + (end.tv_nsec - start.tv_nsec) / 1e6;
    cpu[i] = (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e3 + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e3;
    if (used.ru_maxrss > peak) peak = used.ru_maxrss;
  }
  qsort(wall, runs, sizeof *wall, ascending);
  qsort(cpu, runs, sizeof *cpu, ascending);
  printf("median %.2f ms, 9 of 10 within %.2f ms, CPU %.2f ms, peak %.1f MB\n", wall[runs / 2], wall[runs * 9 / 10],
         cpu[runs / 2], peak * 1024 / 1e6);
}
