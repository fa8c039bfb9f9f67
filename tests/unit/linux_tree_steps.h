/* tests/unit/linux_tree_steps.h: a process that dies, or a call that fails, at step N of a change
 * to a tree. For one test program each. */
#pragma once
#include <errno.h>
#include <signal.h>

static int steps_left = -1, step_fails, steps_made;
int fvm_tree_step(void);
int fvm_tree_step(void)
{
    steps_made++;
    if (steps_left < 0 || steps_left-- > 0)
        return 0;
    steps_left = -1;
    if (step_fails)
        return -EIO;
    raise(SIGKILL);
    return 0;
}
