/* tests/unit/linux_layer_show.h: what programs of a VM see, running and at rest, in kit_show()'s
 * form, by naive ways. For the tests of store/layer.h. */
#pragma once
#include "linux_layer_engine.h"

KIT void show_node(struct fvm_text *out, int root, const char *real, const char *path)
{
    int fd = openat(root, real, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
    char target[300] = "";
    struct stat st;

    if (fstatat(root, real, &st, AT_SYMLINK_NOFOLLOW))
        kit_die("stat", real);
    fvm_text_puts(out, path);
    if (S_ISDIR(st.st_mode)) {
        fvm_text_printf(out, "/ %03o", (unsigned)st.st_mode & 0700);
        kit_show_attributes(out, fd);
        fvm_text_puts(out, "\n");
    } else if (S_ISREG(st.st_mode) && !st.st_size && fd >= 0 &&
               fgetxattr(fd, "user.fvm.link", target, sizeof(target) - 1) > 0) {
        fvm_text_printf(out, " -> %s\n", target); /* a stand-in, while the VM runs */
    } else if (S_ISREG(st.st_mode)) {
        kit_show_file(out, fd, &st);
    } else if (readlinkat(root, real, target, sizeof(target) - 1) >= 0) {
        fvm_text_printf(out, " -> %s\n", target);
    } else {
        fvm_text_printf(out, " special %o\n", (unsigned)st.st_mode);
    }
    if (fd >= 0)
        close(fd);
}

/* What programs see. @param shown the path in the text */
KIT void engine_show(struct fvm_text *out, const struct engine *engine, const char *path,
                     const char *shown)
{
    char *names = engine_list(engine, path);

    for (const char *name = names; *name; name += strlen(name) + 1) {
        char below[ENGINE_PATH], below_shown[ENGINE_PATH], real[ENGINE_PATH];
        int root;

        snprintf(below, sizeof(below), "%s/%s", path, name);
        snprintf(below_shown, sizeof(below_shown), "%s%s", shown, name);
        if (!engine_find(engine, below, &root, real)) {
            fvm_text_printf(out, "%s is listed but not there\n", below);
            continue;
        }
        show_node(out, root, real, below_shown);
        if (is_directory(root, real)) {
            strcat(below_shown, "/");
            engine_show(out, engine, below, below_shown);
        }
    }
    free(names);
}

/* Is there a link, which Wine would follow? */
KIT bool has_links(int root, const char *path)
{
    struct dirent **list = NULL;
    int fd = openat(root, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int count = fd < 0 ? 0 : scandirat(fd, ".", &list, NULL, NULL);
    bool found = false;

    for (int i = 0; i < count; i++) {
        found |= list[i]->d_type == DT_LNK;
        if (list[i]->d_type == DT_DIR && strcmp(list[i]->d_name, ".") &&
            strcmp(list[i]->d_name, ".."))
            found |= has_links(fd, list[i]->d_name);
        free(list[i]);
    }
    free(list);
    if (fd >= 0)
        close(fd);
    return found;
}

KIT bool is_opaque(int root, const char *path)
{
    int fd = openat(root, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    char value[4] = "";
    bool opaque = fd >= 0 && fgetxattr(fd, "user.overlay.opaque", value, sizeof(value)) == 1 &&
                  value[0] == 'y';

    if (fd >= 0)
        close(fd);
    return opaque;
}

KIT int by_string(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What overlayfs would show of both. @param path below both roots; host -1: nothing of it */
KIT void overlay_show(struct fvm_text *out, int host, int layer, const char *path,
                      const char *shown)
{
    char *names[2000];
    size_t count = 0;

    for (int side = 0; side < 2; side++) {
        int fd = side ? layer : host;
        struct dirent **list = NULL;
        int entries;

        fd = fd < 0 ? -1 : openat(fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        entries = fd < 0 ? 0 : scandirat(fd, ".", &list, NULL, NULL);
        for (int i = 0; i < entries; i++) {
            if (strcmp(list[i]->d_name, ".") && strcmp(list[i]->d_name, ".."))
                names[count++] = strdup(list[i]->d_name);
            free(list[i]);
        }
        free(list);
        if (fd >= 0)
            close(fd);
    }
    qsort(names, count, sizeof(*names), by_string);
    for (size_t i = 0; i < count; i++) {
        char below[ENGINE_PATH], below_shown[ENGINE_PATH];
        struct stat st;
        bool in_layer;

        snprintf(below, sizeof(below), "%s/%s", path, names[i]);
        snprintf(below_shown, sizeof(below_shown), "%s%s", shown, names[i]);
        in_layer = layer >= 0 && fstatat(layer, below, &st, AT_SYMLINK_NOFOLLOW) == 0;
        if ((i && !strcmp(names[i], names[i - 1])) || (in_layer && S_ISCHR(st.st_mode)))
            continue;
        show_node(out, in_layer ? layer : host, below, below_shown);
        if (!in_layer)
            fstatat(host, below, &st, AT_SYMLINK_NOFOLLOW);
        if (S_ISDIR(st.st_mode)) {
            strcat(below_shown, "/");
            overlay_show(out, in_layer && is_opaque(layer, below) ? -1 : host,
                         in_layer ? layer : -1, below, below_shown);
        }
    }
    for (size_t i = 0; i < count; i++)
        free(names[i]);
}

/* A layer with all its marks. */
KIT void layer_show(struct fvm_text *out, int files, const char *path)
{
    struct dirent **list = NULL;
    int fd = openat(files, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int count = fd < 0 ? 0 : scandirat(fd, ".", &list, NULL, kit_by_name);

    for (int i = 0; i < count; i++) {
        char below[ENGINE_PATH];

        snprintf(below, sizeof(below), "%s/%s", path, list[i]->d_name);
        if (strcmp(list[i]->d_name, ".") && strcmp(list[i]->d_name, "..")) {
            show_node(out, files, below, below);
            if (is_opaque(files, below))
                fvm_text_printf(out, "%s is opaque\n", below);
            layer_show(out, files, below);
        }
        free(list[i]);
    }
    free(list);
    if (fd >= 0)
        close(fd);
}
