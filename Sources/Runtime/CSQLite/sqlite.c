#include "CSQLite.h"

#include <dlfcn.h>
#include <stddef.h>

static const char library[] = "libsqlite3.so.0";

static struct {
    __typeof__(sqlite3_open_v2) *open_v2;
    __typeof__(sqlite3_close_v2) *close_v2;
    __typeof__(sqlite3_errmsg) *errmsg;
    __typeof__(sqlite3_exec) *exec;
    __typeof__(sqlite3_prepare_v2) *prepare_v2;
    __typeof__(sqlite3_finalize) *finalize;
    __typeof__(sqlite3_reset) *reset;
    __typeof__(sqlite3_step) *step;
    __typeof__(sqlite3_bind_int64) *bind_int64;
    __typeof__(sqlite3_bind_text) *bind_text;
    __typeof__(sqlite3_column_int64) *column_int64;
    __typeof__(sqlite3_column_text) *column_text;
} sqlite;

#define FIND(name) \
    ((sqlite.name = (__typeof__(sqlite.name))dlsym(handle, "sqlite3_" #name)) != NULL)

int ergon_sqlite_load(void) {
    void *handle = dlopen(library, RTLD_LAZY | RTLD_LOCAL);
    if (handle == NULL) return SQLITE_ERROR;
    int all = FIND(open_v2) && FIND(close_v2) && FIND(errmsg) && FIND(exec) && FIND(prepare_v2)
        && FIND(finalize) && FIND(reset) && FIND(step) && FIND(bind_int64) && FIND(bind_text)
        && FIND(column_int64) && FIND(column_text);
    return all ? SQLITE_OK : SQLITE_ERROR;
}

int ergon_sqlite_open(const char *path, sqlite3 **database) {
    return sqlite.open_v2(path, database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
}

int ergon_sqlite_close(sqlite3 *database) { return sqlite.close_v2(database); }

const char *ergon_sqlite_errmsg(sqlite3 *database) { return sqlite.errmsg(database); }

int ergon_sqlite_exec(sqlite3 *database, const char *statements) {
    return sqlite.exec(database, statements, NULL, NULL, NULL);
}

int ergon_sqlite_prepare(sqlite3 *database, const char *text, sqlite3_stmt **statement) {
    return sqlite.prepare_v2(database, text, -1, statement, NULL);
}

int ergon_sqlite_finalize(sqlite3_stmt *statement) { return sqlite.finalize(statement); }

int ergon_sqlite_reset(sqlite3_stmt *statement) { return sqlite.reset(statement); }

int ergon_sqlite_step(sqlite3_stmt *statement) { return sqlite.step(statement); }

int ergon_sqlite_bind_integer(sqlite3_stmt *statement, int place, sqlite3_int64 value) {
    return sqlite.bind_int64(statement, place, value);
}

int ergon_sqlite_bind_text(sqlite3_stmt *statement, int place, const char *text, int count) {
    return sqlite.bind_text(statement, place, text, count, SQLITE_TRANSIENT);
}

sqlite3_int64 ergon_sqlite_column_integer(sqlite3_stmt *statement, int column) {
    return sqlite.column_int64(statement, column);
}

const unsigned char *ergon_sqlite_column_text(sqlite3_stmt *statement, int column) {
    return sqlite.column_text(statement, column);
}
