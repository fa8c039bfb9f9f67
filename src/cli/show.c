/* cli/show.c: tables of VMs, processes and findings; see show.h. */
#include "cli/show.h"

#include <stdarg.h>
#include <stdio.h>

void cli_add_size(struct fvm_text *text, uint64_t cb)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    double size = (double)cb;
    size_t unit = 0;

    while (size >= 1000 && unit + 1 < ARRAY_LEN(units)) {
        size /= 1000;
        unit++;
    }
    fvm_text_printf(text, unit ? "%.1f %s" : "%.0f %s", size, units[unit]);
}

static void begin(struct cli_table *table, bool is_json)
{
    *table = (struct cli_table){.is_json = is_json};
    table->json = (struct fvm_json){.text = &table->out, .indent = 2};
    if (is_json)
        fvm_json_array(&table->json, NULL);
}

int cli_table_print(struct cli_table *table)
{
    int code;

    if (table->is_json) {
        fvm_json_end_array(&table->json);
        fvm_text_putc(&table->out, '\n');
    }
    code = cli_print(&table->out);
    fvm_text_free(&table->out);
    return code;
}

/* --- fvm list -------------------------------------------------------------------------------- */

void cli_list_begin(struct cli_table *table, bool is_json)
{
    begin(table, is_json);
    if (!is_json)
        fvm_text_printf(&table->out, "%-20s %-8s %-7s %-10s %-21s %s\n", "NAME", "STATE", "LEVEL",
                        "BASE", "CREATED", "FILES");
}

static const char *state(const struct cli_row *row)
{
    return row->error ? "damaged" : row->running ? "running" : "stopped";
}

static const char *or_dash(const char *text)
{
    return text ? text : "-";
}

static void add_row(struct fvm_text *out, const struct cli_row *row)
{
    fvm_text_printf(out, "%-20s %-8s %-7s %-10s %-21s ", row->name, state(row), or_dash(row->level),
                    or_dash(row->base), or_dash(row->created));
    if (row->error)
        fvm_text_puts(out, row->error);
    else
        cli_add_size(out, row->cb);
    fvm_text_putc(out, '\n');
}

void cli_list_add(struct cli_table *table, const struct cli_row *row)
{
    struct fvm_json *json = &table->json;

    if (!table->is_json) {
        add_row(&table->out, row);
        return;
    }
    fvm_json_object(json, NULL);
    fvm_json_put_string(json, "name", row->name);
    fvm_json_put_string(json, "state", state(row));
    fvm_json_put_string(json, "level", row->level);
    fvm_json_put_string(json, "base", row->base);
    fvm_json_put_uint(json, "version", row->version);
    fvm_json_put_bool(json, "temporary", row->temporary);
    fvm_json_put_string(json, "created", row->created);
    fvm_json_put_uint(json, "bytes", row->cb);
    fvm_json_put_uint(json, "files", row->files);
    if (row->error)
        fvm_json_put_string(json, "error", row->error);
    fvm_json_end_object(json);
}

/* --- fvm ps ---------------------------------------------------------------------------------- */

void cli_ps_begin(struct cli_table *table, bool is_json)
{
    begin(table, is_json);
    if (!is_json)
        fvm_text_printf(&table->out, "%-16s %6s %8s %10s  %s\n", "VM", "PID", "HOSTPID", "RSS",
                        "COMMAND");
}

void cli_ps_add(struct cli_table *table, const char *vm, const struct cli_process *process)
{
    struct fvm_json *json = &table->json;

    if (!table->is_json) {
        fvm_text_printf(&table->out, "%-16s %6ld %8ld %7.1f MB  %s\n", vm, process->vm_pid,
                        process->host_pid, (double)process->rss_cb / 1e6, process->command);
        return;
    }
    fvm_json_object(json, NULL);
    fvm_json_put_string(json, "vm", vm);
    fvm_json_put_int(json, "pid", process->vm_pid);
    fvm_json_put_int(json, "host_pid", process->host_pid);
    fvm_json_put_uint(json, "rss", process->rss_cb);
    fvm_json_put_string(json, "command", process->command);
    fvm_json_end_object(json);
}

/* --- fvm ports ------------------------------------------------------------------------------- */

void cli_ports_begin(struct cli_table *table, bool is_json)
{
    begin(table, is_json);
    if (!is_json)
        fvm_text_printf(&table->out, "%-16s %-16s %9s %7s  %s\n", "VM", "ADDRESS", "HOSTPORT",
                        "VMPORT", "PROTOCOL");
}

void cli_ports_add(struct cli_table *table, const char *vm, const struct fvm_publish *publish)
{
    const char *protocol = publish->udp ? "udp" : "tcp";
    struct fvm_json *json = &table->json;

    if (!table->is_json) {
        fvm_text_printf(&table->out, "%-16s %-16s %9u %7u  %s\n", vm, publish->address,
                        publish->host_port, publish->vm_port, protocol);
        return;
    }
    fvm_json_object(json, NULL);
    fvm_json_put_string(json, "vm", vm);
    fvm_json_put_string(json, "address", publish->address);
    fvm_json_put_uint(json, "host_port", publish->host_port);
    fvm_json_put_uint(json, "vm_port", publish->vm_port);
    fvm_json_put_string(json, "protocol", protocol);
    fvm_json_end_object(json);
}

/* --- fvm doctor ------------------------------------------------------------------------------ */

void cli_doctor_begin(struct cli_doctor *doctor, bool is_json)
{
    begin(&doctor->table, is_json);
}

static void add_finding(struct cli_table *table, const char *verdict, const char *what,
                        const char *text)
{
    struct fvm_json *json = &table->json;

    if (!table->is_json) {
        fvm_text_printf(&table->out, "%-5s %-16s %s\n", verdict, what, text);
        return;
    }
    fvm_json_object(json, NULL);
    fvm_json_put_string(json, "what", what);
    fvm_json_put_string(json, "verdict", verdict);
    fvm_json_put_string(json, "text", text);
    fvm_json_end_object(json);
}

void cli_doctor_say(struct cli_doctor *doctor, enum cli_verdict verdict, const char *what,
                    const char *fmt, ...)
{
    static const char *const verdicts[] = {"ok", "less", "BAD"};
    char text[512];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    doctor->is_bad |= verdict == CLI_BAD;
    add_finding(&doctor->table, verdicts[verdict], what, text);
}

int cli_doctor_print(struct cli_doctor *doctor)
{
    return cli_table_print(&doctor->table) || doctor->is_bad ? CLI_FAILED : CLI_OK;
}
