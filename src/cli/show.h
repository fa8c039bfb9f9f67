/* cli/show.h: what commands print, for people and as JSON: the same words on every system. Private
 * to the CLI. */
#pragma once
#include "cli/grammar.h"
#include "core/json.h"
#include "store/collect.h"

/** "12 B", "3.4 MB" */
void cli_add_size(struct fvm_text *text, uint64_t cb);

/* Rows for people, or an array of objects. Begin with one of the first two, end with the last. */
struct cli_table {
    struct fvm_text out;
    struct fvm_json json;
    bool is_json;
};
/** Begin `fvm list`. @param table zeroed; cli_table_print() frees it */
void cli_list_begin(struct cli_table *table, bool is_json);
struct cli_row {
    const char *name;
    const char *level, *base, *created; /* NULL: not known */
    const char *error;                  /* NULL, or why the VM is damaged */
    unsigned version;
    bool running, temporary;
    uint64_t cb, files;
};
/** One VM of `fvm list`. */
void cli_list_add(struct cli_table *table, const struct cli_row *row);

/** Begin `fvm ps`. @param table zeroed; cli_table_print() frees it */
void cli_ps_begin(struct cli_table *table, bool is_json);
struct cli_process {
    long host_pid, vm_pid;
    uint64_t rss_cb;
    const char *command;
};
/** One process of `fvm ps`. */
void cli_ps_add(struct cli_table *table, const char *vm, const struct cli_process *process);

/** Begin `fvm ports`. @param table zeroed; cli_table_print() frees it */
void cli_ports_begin(struct cli_table *table, bool is_json);
/** One published port of `fvm ports`. */
void cli_ports_add(struct cli_table *table, const char *vm, const struct fvm_publish *publish);

enum cli_verdict { CLI_GOOD, CLI_LESS, CLI_BAD };
/* Findings of `fvm doctor`. */
struct cli_doctor {
    struct cli_table table;
    bool is_bad; /* one of them is */
};
/** Begin `fvm doctor`. @param doctor zeroed; cli_doctor_print() frees it */
void cli_doctor_begin(struct cli_doctor *doctor, bool is_json);
/** One finding. */
void cli_doctor_say(struct cli_doctor *doctor, enum cli_verdict verdict, const char *what,
                    const char *fmt, ...) FVM_PRINTF(4, 5);
/** Print all and free it. @return exit code: CLI_FAILED also if a finding is bad */
int cli_doctor_print(struct cli_doctor *doctor);

/** Print all and free it. @return exit code */
int cli_table_print(struct cli_table *table);

/**
 * Print what a VM changed, as the words want it.
 *
 * @return exit code
 */
int cli_show_changes(const struct cli_words *words, const char *vm, bool running,
                     struct fvm_collection *all);
/** How many changes are there? */
size_t cli_count_changes(const struct fvm_collection *all);
/** Print "would VERB X" for each change. */
void cli_show_plan(const struct fvm_collection *picked, const char *verb);
/** Tell how many changes were kept or dropped. @param verb "committed" */
void cli_tell_done(const char *verb, size_t count, const char *vm);
/** List conflicts on stderr. @return -EEXIST with a sentence */
int cli_refuse_conflicts(char *const *names, size_t count, const char *vm, struct fvm_error *err);
/**
 * Split what a VM changed: what --only names, and the registry's rest (files that are not picked
 * just stay).
 *
 * @param picked [in,out] all changes
 * @param only   NULL: all
 * @param rest   [out] yours
 * @return 0; -ENOENT a glob matches nothing; -ENOMEM
 */
int cli_pick_changes(struct fvm_collection *picked, struct fvm_reg **rest, char *const *only,
                     struct fvm_error *err);
