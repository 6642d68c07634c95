#pragma once
#include <spawn.h>
#include <sys/socket.h>

// GNU's additions to starting processes, which Swift's Glibc module leaves out: it is built without _GNU_SOURCE.
#ifndef POSIX_SPAWN_SETSID
#define POSIX_SPAWN_SETSID 0x80
#endif
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

extern int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *actions, const char *path);
extern int close_range(unsigned int first, unsigned int last, int flags);

// Linux's handle of a process, which can be waited for like a file (glibc 2.36); Swift's Glibc module leaves it out.
extern int pidfd_open(pid_t pid, unsigned int flags);

// A connection that the processes which this one starts do not inherit.
extern int accept4(int listener, struct sockaddr *address, socklen_t *length, int flags);
