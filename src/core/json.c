/* core/json.c: see json.h. */
#include "core/json.h"
#include "core/utf.h"

#include <inttypes.h>
#include <string.h>

static void put_escaped(struct fvm_text *text, uint32_t code)
{
    static const char plain[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
    const char *found = code && code < 0x80 ? strchr(plain, (int)code) : NULL;
    char bytes[4];

    if (found) {
        fvm_text_putc(text, '\\');
        fvm_text_putc(text, letters[found - plain]);
    } else if (code < 0x20 || code == 0x7F || (code >= 0xD800 && code <= 0xDFFF)) {
        fvm_text_printf(text, "\\u%04x", (unsigned)code);
    } else {
        fvm_text_add(text, bytes, fvm_utf8_put(bytes, code & FVM_UTF8_BAD ? 0xFFFD : code));
    }
}

void fvm_json_string(struct fvm_text *text, const char *utf8, size_t cb)
{
    const char *end = utf8 + cb;

    fvm_text_putc(text, '"');
    while (utf8 < end)
        put_escaped(text, fvm_utf8_next(&utf8, end));
    fvm_text_putc(text, '"');
}

static void new_line(struct fvm_json *json)
{
    if (json->indent)
        fvm_text_printf(json->text, "\n%*s", json->depth * json->indent, "");
}

static void begin_item(struct fvm_json *json, const char *key)
{
    if (json->depth) {
        bool *has_items = &json->has_items[json->depth - 1];

        if (*has_items)
            fvm_text_putc(json->text, ',');
        *has_items = true;
        new_line(json);
    }
    if (key) {
        fvm_json_string(json->text, key, strlen(key));
        fvm_text_puts(json->text, json->indent ? ": " : ":");
    }
}

static void open_level(struct fvm_json *json, const char *key, char bracket)
{
    begin_item(json, key);
    fvm_text_putc(json->text, bracket);
    if (json->depth == FVM_JSON_DEPTH)
        __builtin_trap();
    json->has_items[json->depth++] = false;
}

static void close_level(struct fvm_json *json, char bracket)
{
    if (!json->depth)
        __builtin_trap();
    if (json->has_items[--json->depth])
        new_line(json);
    fvm_text_putc(json->text, bracket);
}

void fvm_json_object(struct fvm_json *json, const char *key)
{
    open_level(json, key, '{');
}

void fvm_json_end_object(struct fvm_json *json)
{
    close_level(json, '}');
}

void fvm_json_array(struct fvm_json *json, const char *key)
{
    open_level(json, key, '[');
}

void fvm_json_end_array(struct fvm_json *json)
{
    close_level(json, ']');
}

void fvm_json_put_bytes(struct fvm_json *json, const char *key, const char *value, size_t cb)
{
    begin_item(json, key);
    fvm_json_string(json->text, value, cb);
}

void fvm_json_put_string(struct fvm_json *json, const char *key, const char *value)
{
    if (value)
        fvm_json_put_bytes(json, key, value, strlen(value));
    else
        fvm_json_put_null(json, key);
}

void fvm_json_put_int(struct fvm_json *json, const char *key, int64_t value)
{
    begin_item(json, key);
    fvm_text_printf(json->text, "%" PRId64, value);
}

void fvm_json_put_uint(struct fvm_json *json, const char *key, uint64_t value)
{
    begin_item(json, key);
    fvm_text_printf(json->text, "%" PRIu64, value);
}

void fvm_json_put_double(struct fvm_json *json, const char *key, double value, int decimals)
{
    if (!__builtin_isfinite(value)) {
        fvm_json_put_null(json, key);
        return;
    }
    begin_item(json, key);
    fvm_text_printf(json->text, "%.*f", decimals < 0 ? 0 : decimals > 17 ? 17 : decimals, value);
}

void fvm_json_put_bool(struct fvm_json *json, const char *key, bool value)
{
    begin_item(json, key);
    fvm_text_puts(json->text, value ? "true" : "false");
}

void fvm_json_put_null(struct fvm_json *json, const char *key)
{
    begin_item(json, key);
    fvm_text_puts(json->text, "null");
}
