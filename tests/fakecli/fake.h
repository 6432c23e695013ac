/* What the files of the fake tool share.  SPDX-License-Identifier: MIT */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#define EXIT_BROKEN     98      /* the scenario is wrong */
#define EXIT_UNEXPECTED 99      /* no block for this call */
#define MAX_WORDS       256
#define MAX_LINES       4096

typedef struct {
  int    number;                /* in the file */
  int    count;
  char **words;
} Line;

typedef struct {
  char  folder[PATH_MAX];
  char  name[NAME_MAX + 1];
  char  record[PATH_MAX];       /* folder of this call */
  int   signals_fd;             /* file of the signals it got */
  Line  lines[MAX_LINES];
  int   count;
  bool  ordered;
} Fake;

/* scenario.c */
void  read_scenario (Fake *fake);
bool  begins_block  (const Fake *fake, int i);
/* The first block for these arguments that is not used up, or -1.  USED is
 * what the file "calls/used" holds. */
int   find_block    (const Fake *fake, const char *used, char **args, int n_args);

/* record.c */
void  broken        (const char *format, ...) __attribute__ ((format (printf, 1, 2), noreturn));
void *get           (size_t size);
void  join          (char path[PATH_MAX], const char *folder, const char *name);
char *read_file     (const char *path, size_t *len);
/* All of it, if anybody listens. */
void  put           (int fd, const char *data, size_t len);
void  record        (const Fake *fake, const char *name, const char *data, size_t len);
void  record_call   (Fake *fake, char **argv);
void  record_input  (const Fake *fake);
/* Chooses the block, counts its use and begins the record, one call at a
 * time. */
int   choose_block  (Fake *fake, char **args, int n_args);

/* actions.c */
void  check_actions (const Fake *fake);
void  play          (const Fake *fake, int block);
