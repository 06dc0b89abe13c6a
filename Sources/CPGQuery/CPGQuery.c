#include "CPGQuery.h"

#include <pthread.h>
#include <string.h>

typedef struct {
  const char *sql;
  PgQueryParseResult result;
} job;

static void *parse(void *context) {
  job *own = context;
  own->result = pg_query_parse(own->sql);
  return NULL;
}

int cpgquery_parse(const char *sql, PgQueryParseResult *result) {
  job own = {.sql = sql};
  if (strlen(sql) <= 2000) {
    parse(&own);
  } else {
    pthread_attr_t attributes;
    pthread_t thread;
    if (pthread_attr_init(&attributes) != 0) return 0;
    int failed = pthread_attr_setstacksize(&attributes, (size_t)512 << 20)
      || pthread_create(&thread, &attributes, parse, &own);
    pthread_attr_destroy(&attributes);
    if (failed || pthread_join(thread, NULL) != 0) return 0;
  }
  *result = own.result;
  return 1;
}
