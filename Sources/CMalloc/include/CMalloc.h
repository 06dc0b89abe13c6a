#ifndef CMALLOC_H
#define CMALLOC_H

// How much glibc takes from the system at a time. Swift's Glibc module knows no mallopt, which is the whole reason for
// this module.

// Lets each thread's heap begin with room for eight megabytes, which cost nothing before they are touched. By itself it
// grows by a page at a time, a system call and a lock of the whole process each: a twentieth of a short run's CPU.
// To be called before there are other threads. Does nothing where malloc is another.
void cmalloc_grow_in_large_steps(void);

#endif
