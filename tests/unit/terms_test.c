/* The terms that a VM runs on: core/terms.h. */
#include "core/terms.h"
#include "tap.h"

#include <string.h>

/* What `value` is kept as; NULL: refused. */
static const char *kept(const char *key, const char *value, struct fvm_terms *terms,
                        struct fvm_error *err)
{
    *err = (struct fvm_error){{0}};
    return fvm_failed(fvm_terms_add(terms, key, value, err)) ? NULL
                                                             : fvm_conf_get(&terms->said, key);
}

static const struct {
    const char *key, *value, *want; /* NULL: refused */
} spelled[] = {
    {"net", "none", "none"},
    {"net", "private", "private"},
    {"net", "lan", "lan"},
    {"net", "host", "host"},
    {"net", "vm:box", "vm:box"},
    {"net", "vm:", NULL},
    {"net", "vm:../x", NULL},
    {"net", "", NULL},
    {"net", "Private", NULL},
    {"publish", "8080:80", "127.0.0.1:8080:80"},
    {"publish", "8080:80/tcp", "127.0.0.1:8080:80"},
    {"publish", "8080:80/udp", "127.0.0.1:8080:80/udp"},
    {"publish", "0.0.0.0:8080:80", "0.0.0.0:8080:80"},
    {"publish", "[::1]:8080:80", "[::1]:8080:80"},
    {"publish", "[::1]8080:80", NULL},
    {"publish", "[::1:8080:80", NULL},
    {"publish", "::1:8080:80", NULL},
    {"publish", "host:8080:80", NULL},
    {"publish", ":8080:80", NULL},
    {"publish", "8080", NULL},
    {"publish", "0:80", NULL},
    {"publish", "80:0", NULL},
    {"publish", "65536:80", NULL},
    {"publish", "80:80/sctp", NULL},
    {"publish", "80:80 ", NULL},
    {"publish", "-1:80", NULL},
    {"display", "none", "none"},
    {"display", "host", "host"},
    {"display", "private", "private"},
    {"display", "private:1024x768", "private:1024x768"},
    {"display", "private:1024", NULL},
    {"display", "private:0x0", NULL},
    {"display", "private:99999x9", NULL},
    {"display", ":0", NULL},
    {"display", "privat", NULL},
    {"sound", "yes", "yes"},
    {"sound", "no", "no"},
    {"sound", "maybe", NULL},
    {"memory", "512M", "536870912"},
    {"memory", "2g", "2147483648"},
    {"memory", "2GB", "2147483648"},
    {"memory", "4096", "4096"},
    {"memory", "0", NULL},
    {"memory", "0G", NULL},
    {"memory", "-1", NULL},
    {"memory", "1.5G", NULL},
    {"memory", "9223372036854775807", "9223372036854775807"},
    {"memory", "9223372036854775808", NULL},
    {"memory", "8388608T", NULL},
    {"memory", "1X", NULL},
    {"memory", "1GBB", NULL},
    {"disk", "1T", "1099511627776"},
    {"disk", "much", NULL},
    {"procs", "200", "200"},
    {"procs", "0", NULL},
    {"procs", "2147483648", NULL},
    {"procs", "1k", NULL},
    {"cpus", "2", "2.00"},
    {"cpus", "0.5", "0.50"},
    {"cpus", "1.25", "1.25"},
    {"cpus", "0.01", "0.01"},
    {"cpus", "0", NULL},
    {"cpus", "0.00", NULL},
    {"cpus", "1.255", NULL},
    {"cpus", "1.", NULL},
    {"cpus", ".5", NULL},
    {"cpus", "99999999999", NULL},
    {"timeout", "30", "30"},
    {"timeout", "30s", "30"},
    {"timeout", "5m", "300"},
    {"timeout", "2h", "7200"},
    {"timeout", "0", NULL},
    {"timeout", "2d", NULL},
    {"timeout", "9000h", NULL},
    {"timeout", "5mm", NULL},
    {"share", "/home/me/work", "/home/me/work:ro"},
    {"share", "/home/me/work:rw", "/home/me/work:rw"},
    {"share", "work:ro=d:", "work:ro=D:"},
    {"share", "work=c:/data/x", "work:ro=C:\\data\\x"},
    {"share", "a=b:rw=E:", "a=b:rw=E:"},
    {"share", "a=b", "a=b:ro"},
    {"share", "a:b=", "a:b=:ro"},
    {"share", "a=D:=E:\\x", "a=D::ro=E:\\x"},
    {"share", ":rw", NULL},
    {"share", "=D:", NULL},
    {"share", "", NULL},
    {"colour", "red", NULL},
};

TEST(spellings)
{
    for (size_t i = 0; i < ARRAY_LEN(spelled); i++) {
        FVM_CLEANUP(terms) struct fvm_terms terms = fvm_terms_none;
        FVM_CLEANUP(terms) struct fvm_terms again = fvm_terms_none;
        struct fvm_error err;
        const char *got = kept(spelled[i].key, spelled[i].value, &terms, &err);
        const char *want = spelled[i].want;

        ok(!got == !want && (!got || !strcmp(got, want)), "%s '%s'", spelled[i].key,
           spelled[i].value);
        /* What is kept is read as itself. */
        if (got)
            ok(!fvm_failed(fvm_terms_add_missing(&again, &terms.said, &err)) &&
                   !fvm_terms_differ(&again, &terms) && !fvm_terms_differ(&terms, &again),
               "%s '%s' again", spelled[i].key, got);
        else
            ok(strlen(err.text) > 10, "%s", err.text);
    }
}

TEST(meanings)
{
    FVM_CLEANUP(terms) struct fvm_terms terms = fvm_terms_none;
    struct fvm_error err;

    fvm_terms_add(&terms, "net", "vm:srv", &err);
    fvm_terms_add(&terms, "publish", "[fe80::1]:8080:80/udp", &err);
    fvm_terms_add(&terms, "publish", "81:82", &err);
    fvm_terms_add(&terms, "display", "private:800x600", &err);
    fvm_terms_add(&terms, "cpus", "1.5", &err);
    fvm_terms_add(&terms, "cpus", "0.2", &err);
    fvm_terms_add(&terms, "share", "work:rw=d:/x", &err);
    ok(terms.net == FVM_NET_VM && !strcmp(terms.net_vm, "srv"), "the network of a VM");
    ok(terms.publish_count == 2 && !strcmp(terms.publish[0].address, "fe80::1") &&
           terms.publish[0].udp && terms.publish[1].host_port == 81 &&
           terms.publish[1].vm_port == 82 && !terms.publish[1].udp,
       "two ports");
    ok(terms.width == 800 && terms.height == 600, "the size of a display");
    ok(terms.cpu_percent == 20, "the last one counts");
    ok(!fvm_failed(fvm_terms_set_dir(&terms, 0, "/home/me/work")) &&
           !strcmp(fvm_conf_get(&terms.said, "share"), "/home/me/work:rw=D:\\x") &&
           terms.shares[0].writable,
       "a folder's whole path");
}

TEST(together)
{
    FVM_CLEANUP(terms) struct fvm_terms own = fvm_terms_none;
    FVM_CLEANUP(terms) struct fvm_terms said = fvm_terms_none;
    FVM_CLEANUP(conf) struct fvm_conf conf = {0};
    struct fvm_error err;

    fvm_terms_add(&own, "net", "private", &err);
    fvm_terms_add(&own, "publish", "80:80", &err);
    fvm_terms_add(&own, "memory", "1G", &err);
    fvm_conf_add(&conf, "level", "sealed");
    fvm_conf_add(&conf, "memory", "5");
    ok(!fvm_failed(fvm_terms_put(&own, &conf)) && conf.count == 4 &&
           !strcmp(fvm_conf_get(&conf, "memory"), "1073741824"),
       "kept beside other lines, instead of what was there");
    fvm_terms_add(&said, "publish", "81:81", &err);
    fvm_terms_add(&said, "publish", "82:82", &err);
    ok(!fvm_failed(fvm_terms_add_missing(&said, &conf, &err)) && said.publish_count == 2 &&
           said.net == FVM_NET_PRIVATE && said.memory_cb == 1u << 30,
       "what is said stands before what is kept");
    ok(!strcmp(fvm_terms_differ(&said, &own), "publish"), "they differ by ports");
    fvm_terms_free(&own);
    fvm_terms_add(&own, "net", "none", &err);
    ok(!fvm_terms_differ(&own, &fvm_terms_none), "none is what it is anyway");
    fvm_terms_add(&own, "memory", "1G", &err);
    ok(!strcmp(fvm_terms_differ(&own, &fvm_terms_none), "memory"), "a limit is not");
    ok(!fvm_failed(fvm_terms_check(&said, &err)), "ports of a private network");
    fvm_terms_add(&said, "net", "host", &err);
    ok(fvm_failed(fvm_terms_check(&said, &err)), "not of the host's: %s", err.text);
    fvm_terms_free(&said);
    fvm_terms_add(&said, "net", "none", &err);
    ok(!fvm_failed(fvm_terms_add_missing(&said, &conf, &err)) && !said.publish_count &&
           said.memory_cb && !fvm_failed(fvm_terms_check(&said, &err)),
       "without a network its ports are not meant either");
    fvm_terms_free(&said);
    fvm_terms_add(&said, "net", "lan", &err);
    ok(!fvm_failed(fvm_terms_add_missing(&said, &conf, &err)) && said.publish_count == 1,
       "in another network that can have them they are");
    fvm_conf_add(&conf, "disk", "nonsense");
    fvm_terms_free(&said);
    ok(fvm_terms_add_missing(&said, &conf, &err) == FVM_INVALID, "nonsense that is kept: %s",
       err.text);
    fvm_terms_free(&own);
    fvm_terms_add(&own, "share", "/a", &err);
    fvm_terms_add(&own, "share", "/b=D:", &err);
    ok(!fvm_failed(fvm_terms_check(&own, &err)), "two folders");
    fvm_terms_add(&own, "share", "/c=d:", &err);
    ok(fvm_failed(fvm_terms_check(&own, &err)), "%s", err.text);
}
