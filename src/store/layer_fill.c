/* store/layer_fill.c: copies of what a moved directory of the host holds. See layer_walk.h.
 *
 * The host is another's: nothing of it is unlocked. What cannot be read ends the call, for what the
 * VM does not have at rest, a commit would take from the host. */
#include "store/layer_walk.h"

#include <errno.h>
#include <sys/stat.h>

struct copy {
    struct fvm_rest *rest; /* NULL: not what is below */
    struct fvm_tree_dir *lower;
    const char *name;
};

/* What a Windows program could not have, and what FVM left, is not taken along. */
static int copy_leaf(int from_fd, int to_fd, const char *name, const struct stat *st)
{
    if (!S_ISREG(st->st_mode) || fvm_put_is_temporary(name))
        return 0;
    return fvm_put_copy(from_fd, name, to_fd, name);
}

static const struct fvm_copying as_it_is = {FVM_AS_IS, copy_leaf};

/* The parents stay open: who put us to work goes on with them. */
static int make_directory(void *context, int to_fd, const char *temp)
{
    const struct copy *copy = context;
    FVM_CLEANUP(tree_dir) struct fvm_tree_dir from = FVM_TREE_DIR_NONE;
    FVM_CLEANUP(tree_dir) struct fvm_tree_dir to = FVM_TREE_DIR_NONE;
    int result;

    if (mkdirat(to_fd, temp, 0700))
        return -errno;
    result = fvm_tree_dir_open(&from, copy->lower->fd, copy->name, FVM_AS_IS);
    if (!result)
        result = fvm_tree_dir_open(&to, to_fd, temp, FVM_TO_WRITE);
    if (!result && copy->rest)
        result = fvm_copy_below(&as_it_is, &from, &to, &copy->rest->trail);
    if (!result)
        result = fvm_put_finish(&to, &from);
    return result == -EEXIST ? -EIO : result; /* that is not the name's being taken */
}

static int make_file(void *context, int to_fd, const char *temp)
{
    const struct copy *copy = context;

    return fvm_put_copy(copy->lower->fd, copy->name, to_fd, temp);
}

static int fill_below(struct fvm_rest *rest, struct fvm_tree_dir *layer, struct fvm_tree_dir *lower,
                      const char *name)
{
    FVM_CLEANUP(tree_names) struct fvm_tree_names names = {0};
    struct fvm_tree_dir layer_below, lower_below;
    unsigned depth = rest->trail.depth;
    int result = fvm_tree_dir_enter(&lower_below, lower, name, FVM_AS_IS, depth);

    if (result)
        return result;
    result = fvm_tree_dir_enter(&layer_below, layer, name, FVM_TO_WRITE, depth);
    if (!result) {
        result = fvm_tree_names_read(&names, lower_below.fd);
        if (!result)
            result = fvm_put_clean(layer_below.fd);
        for (size_t i = 0; !result && i < names.count; i++)
            result = fvm_rest_fill(rest, &layer_below, &lower_below, names.at[i]);
        result = fvm_tree_dir_leave(&layer_below, layer, result);
    }
    return fvm_tree_dir_leave(&lower_below, lower, result);
}

int fvm_rest_fill(struct fvm_rest *rest, struct fvm_tree_dir *layer, struct fvm_tree_dir *lower,
                  const char *name)
{
    struct copy copy = {rest, lower, name};
    struct stat here = {.st_mode = 0}, there;
    size_t cch = rest->trail.cch;
    int result = fvm_node_stat(lower->fd, name, &there);

    if (result != 1)
        return result;
    result = fvm_trail_push(&rest->trail, name);
    if (!result)
        result = fvm_node_stat(layer->fd, name, &here);
    if (result == 1) {
        result = S_ISDIR(here.st_mode) && S_ISDIR(there.st_mode)
                     ? fill_below(rest, layer, lower, name)
                     : 0;
    } else if (!result) {
        if (S_ISDIR(there.st_mode))
            result = fvm_put_made(layer->fd, name, make_directory, &copy);
        else if (S_ISLNK(there.st_mode))
            result = fvm_put_symlink(lower->fd, name, layer->fd);
        else if (S_ISREG(there.st_mode) && !fvm_put_is_temporary(name))
            result = fvm_put_made(layer->fd, name, make_file, &copy);
    }
    if (!result)
        fvm_trail_pop(&rest->trail, cch);
    return result;
}

int fvm_rest_fill_empty(struct fvm_tree_dir *layer, struct fvm_tree_dir *lower, const char *name)
{
    struct copy copy = {NULL, lower, name};

    return fvm_put_made(layer->fd, name, make_directory, &copy);
}
