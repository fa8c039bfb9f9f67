/* tests/unit/linux_layer_world.h: hosts and layers written as one line, and what is seen of them.
 * For the tests of store/layer.h. */
#pragma once
#include "linux_layer_show.h"
#include "store/file.h"

/* A host with lowers C and Z/p; Z/o is over none. */
struct world {
    struct engine engine;
    struct fvm_lower lowers[2];
};

/* "a=text d/ d/x=text l>target": what is made below a root, parents first */
KIT void make_nodes(int root, const char *spec)
{
    char all[1000], *save = NULL;

    snprintf(all, sizeof(all), "%s", spec);
    for (char *word = strtok_r(all, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        char *mid = strpbrk(word, "=>");

        if (!mid) {
            word[strlen(word) - 1] = 0;
            kit_mkdir(root, word);
        } else if (*mid == '=') {
            *mid = 0;
            kit_file(root, word, mid + 1, 0644, 1000000);
        } else {
            *mid = 0;
            if (symlinkat(mid + 1, root, word))
                kit_die("symlink", word);
        }
    }
}

KIT struct world make_world(const char *spec)
{
    struct world w = {.engine = {.host = kit_dir("host"), .layer = kit_dir("layer")}};

    make_nodes(w.engine.host, "C/ Z/ Z/p/ Z/o/");
    make_nodes(w.engine.host, spec);
    kit_mkdir(w.engine.layer, "files");
    kit_mkdir(w.engine.layer, "files/C");
    w.engine.files = openat(w.engine.layer, "files", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    w.lowers[0] = (struct fvm_lower){"C", openat(w.engine.host, "C", O_RDONLY | O_CLOEXEC)};
    w.lowers[1] = (struct fvm_lower){"Z/p", openat(w.engine.host, "Z/p", O_RDONLY | O_CLOEXEC)};
    return w;
}

KIT void free_world(struct world *w)
{
    close(w->engine.host);
    close(w->engine.layer);
    close(w->engine.files);
    close(w->lowers[0].fd);
    close(w->lowers[1].fd);
    free(w->engine.memory);
    fvm_text_free(&w->engine.journal);
}

KIT int rest(struct world *w, struct fvm_error *err)
{
    return fvm_layer_rest(w->engine.layer, w->lowers, 2, err);
}

KIT bool rest_ok(struct world *w)
{
    struct fvm_error err = {""};
    int rc = rest(w, &err);

    return ok(rc == 0, "rest: %d %s", rc, err.text);
}

KIT bool wake_ok(struct world *w)
{
    struct fvm_error err = {""};
    int rc = fvm_layer_wake(w->engine.layer, &err);

    return ok(rc == 0, "wake: %d %s", rc, err.text);
}

/* "w C/a=text; rm C/d; mv C/a C/b; md C/n": by the engine */
KIT void run_ops(struct world *w, const char *ops)
{
    char all[1000], *save = NULL;

    snprintf(all, sizeof(all), "%s", ops);
    for (char *op = strtok_r(all, ";", &save); op; op = strtok_r(NULL, ";", &save)) {
        char what[8], a[200] = "", b[200] = "", *equal;
        bool done = false;

        if (sscanf(op, "%7s %199s %199s", what, a, b) < 2)
            kit_die("no operation", op);
        equal = strchr(a, '=');
        if (equal)
            *equal++ = 0;
        if (!strcmp(what, "w"))
            done = engine_write(&w->engine, a, equal, 1000000);
        else if (!strcmp(what, "rm"))
            done = engine_remove(&w->engine, a);
        else if (!strcmp(what, "mv"))
            done = engine_rename(&w->engine, a, b);
        else if (!strcmp(what, "md"))
            done = engine_mkdir(&w->engine, a);
        ok(done, "cannot: %s", op);
    }
}

/* What is seen below a root in make_nodes()'s form. */
KIT char *seen(const struct world *w, const char *root, bool at_rest)
{
    struct fvm_text shown = {0}, out = {0};
    char *save = NULL, prefix[64];

    snprintf(prefix, sizeof(prefix), "%s/", root);
    fvm_text_puts(&shown, "");
    if (at_rest)
        overlay_show(&shown, w->engine.host, w->engine.files, root, prefix);
    else
        engine_show(&shown, &w->engine, root, prefix);
    for (char *line = strtok_r(shown.s, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        char path[ENGINE_PATH], real[ENGINE_PATH], *rest_of_line = strchr(line, ' ');
        int where = kit_has(w->engine.files, line) ? w->engine.files : w->engine.host;

        snprintf(path, sizeof(path), "%.*s", (int)(rest_of_line - line), line);
        fvm_text_printf(&out, "%s%s", out.cb ? " " : "", path);
        snprintf(real, sizeof(real), "%s", path);
        where = kit_has(w->engine.files, path) ? w->engine.files : w->engine.host;
        if (!at_rest)
            engine_find(&w->engine, path, &where, real);
        if (!strncmp(rest_of_line, " file", 5))
            fvm_text_printf(&out, "=%s", kit_text(where, real));
        else if (!strncmp(rest_of_line, " -> ", 4))
            fvm_text_printf(&out, ">%s", rest_of_line + 4);
    }
    fvm_text_free(&shown);
    return out.s ? out.s : strdup("");
}

KIT void ok_seen(const struct world *w, const char *root, bool at_rest, const char *want,
                 const char *what)
{
    FVM_CLEANUP(str) char *got = seen(w, root, at_rest);

    if (strcmp(got, want))
        printf("# in: %s\n", what);
    ok_str(got, want, at_rest ? "at rest" : "running");
}

KIT char *tree(int fd)
{
    struct fvm_text text = {0};

    fvm_text_puts(&text, "");
    layer_show(&text, fd, ".");
    return text.s ? text.s : strdup("");
}

/* "1 C:\\d; 4 C:\\d C:\\e", sorted */
KIT char *journal_of(const struct world *w)
{
    struct fvm_text data = {0}, out = {0};
    struct fvm_journal_record record;
    char *rows[100] = {NULL};
    size_t at = 0, count = 0;

    if (fvm_exists(w->engine.layer, "journal") &&
        fvm_file_read(&data, w->engine.layer, "journal", 1 << 20, NULL))
        kit_die("read", "journal");
    while (count < ARRAY_LEN(rows) &&
           fvm_journal_next((const uint8_t *)data.s, data.cb, &at, &record) == FVM_OK) {
        struct fvm_text row = {0};

        fvm_text_printf(&row, "%d ", (int)record.kind);
        fvm_utf8_from_utf16(&row, (const uint8_t *)record.path.s, record.path.cch);
        if (record.to.cch)
            fvm_text_puts(&row, " ");
        fvm_utf8_from_utf16(&row, (const uint8_t *)record.to.s, record.to.cch);
        rows[count++] = row.s;
    }
    qsort(rows, count, sizeof(*rows), by_string);
    for (size_t i = 0; i < count; i++) {
        fvm_text_printf(&out, "%s%s", i ? "; " : "", rows[i]);
        free(rows[i]);
    }
    fvm_text_free(&data);
    return out.s ? out.s : strdup("");
}

KIT void write_journal(const struct world *w, const void *bytes, size_t cb)
{
    if (fvm_file_write(w->engine.layer, "journal", bytes, cb, 0600, NULL))
        kit_die("write", "journal");
}

/* "1 C/d; 4 C/d C/e" */
KIT void make_journal(struct world *w, const char *records)
{
    char all[1000], *save = NULL;

    snprintf(all, sizeof(all), "%s", records);
    for (char *row = strtok_r(all, ";", &save); row; row = strtok_r(NULL, ";", &save)) {
        char a[200], b[200] = "";
        int kind;

        if (sscanf(row, "%d %199s %199s", &kind, a, b) < 2)
            kit_die("no record", row);
        engine_record(&w->engine, (enum fvm_journal_kind)kind, a, b[0] ? b : NULL);
    }
    write_journal(w, w->engine.journal.s ? w->engine.journal.s : "", w->engine.journal.cb);
    fvm_text_free(&w->engine.journal);
}
