#pragma once
#include <pg_query.h>

/* Parses, where the SQL is long on a thread of its own with room for 512 MiB: what is written is a tree as deep as an
   expression has operators, and libpg_query walks it by recursion. 0 where no such thread can be had. */
int cpgquery_parse(const char *sql, PgQueryParseResult *result);
