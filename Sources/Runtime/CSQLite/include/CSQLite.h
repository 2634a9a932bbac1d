#ifndef ERGON_CSQLITE_H
#define ERGON_CSQLITE_H

#include <sqlite3.h>

/* Few commands ask the index, so SQLite is loaded when it is first needed; each function we use has
   one of ours in front of it. Texts that are bound are copied. */

/* Loads SQLite. Must have returned SQLITE_OK before anything else here is called; to call it from
   several threads at once is not allowed. */
int ergon_sqlite_load(void);

int ergon_sqlite_open(const char *path, sqlite3 **database);
int ergon_sqlite_close(sqlite3 *database);
const char *ergon_sqlite_errmsg(sqlite3 *database);
int ergon_sqlite_exec(sqlite3 *database, const char *statements);
int ergon_sqlite_prepare(sqlite3 *database, const char *text, sqlite3_stmt **statement);
int ergon_sqlite_finalize(sqlite3_stmt *statement);
int ergon_sqlite_reset(sqlite3_stmt *statement);
int ergon_sqlite_step(sqlite3_stmt *statement);
int ergon_sqlite_bind_integer(sqlite3_stmt *statement, int place, sqlite3_int64 value);
int ergon_sqlite_bind_text(sqlite3_stmt *statement, int place, const char *text, int count);
sqlite3_int64 ergon_sqlite_column_integer(sqlite3_stmt *statement, int column);
const unsigned char *ergon_sqlite_column_text(sqlite3_stmt *statement, int column);

#endif
