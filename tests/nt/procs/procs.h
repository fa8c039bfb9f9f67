/* tests/nt/procs/procs.h: groups of what procs.c can try, each printed as lines. */
#pragma once
#include "../nt.h"

extern wchar_t self[]; /* path of this program */

/** What a process and a thread let one do by their numbers (lists.c). */
int test_ids(DWORD pid, DWORD tid);
/** Each class of NtQuerySystemInformation that shows processes: which, and with what lengths. */
int test_lists(void);
/** All processes by NtGetNextProcess, which Wine 8 lacks. */
int test_walk(void);
/** The parent's number, as each call that tells it. */
int test_parent(void);
/** Jobs of a program's own (jobs.c). */
int test_jobs(void);
/** The job of this process by no handle, without one and with. */
int test_null_job(void);
/** "in a job" or "in no job". */
int print_job(void);
/** The names of VM number vm's block and job. */
int test_names(DWORD vm);
/** Calls that concern the whole Windows (system.c). */
int test_system(void);
/** Debug a foreign process, and a child. */
int test_debug(DWORD pid);
/** Every path of this process (image.c). @param argv from 2 on: DLLs to load */
int test_image(int argc, wchar_t **argv);
/** The paths of another. */
int test_other_image(DWORD pid);
/** Start "procs open PID" in rarer ways (ways.c). */
int test_ways(DWORD pid);
/** What calls say to memory that is not there. */
int test_pointers(void);
/** A thread with as little stack as Windows gives. */
int test_small_stack(void);
/** Pages of two threads' stacks that are memory: the first thread's, another one's. */
int test_stacks_in_use(void);
