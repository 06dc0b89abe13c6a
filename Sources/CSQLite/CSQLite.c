#include "CSQLite.h"

#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Memory for SQLite. Debian builds it without its own store of small pieces (SQLITE_OMIT_LOOKASIDE), so that every
   cursor of every statement is allocated and freed: some sixty pieces a trial. Here each thread keeps a few pieces of
   each size that it has freed, and takes them again; they go when it ends. */

enum { step = 64, sizes = 32, most = 24 };

/* Stands before every piece; as large as what malloc aligns to. */
typedef union {
  size_t size;
  max_align_t aligned;
} head;

typedef struct piece {
  struct piece *next;
} piece;

typedef struct {
  piece *first[sizes];
  unsigned char count[sizes];
} shelf;

static pthread_key_t key;
static _Thread_local shelf *own;

static void clear(void *kept) {
  shelf *shelf = kept;
  own = NULL;
  for (int i = 0; i < sizes; i++)
    while (shelf->first[i]) {
      piece *next = shelf->first[i]->next;
      free((head *)shelf->first[i] - 1);
      shelf->first[i] = next;
    }
  free(shelf);
}

static shelf *shelf_of_thread(void) {
  if (own || !(own = calloc(1, sizeof *own))) return own;
  if (pthread_setspecific(key, own)) {
    free(own);
    own = NULL;
  }
  return own;
}

static int rounded(int count) {
  if (count <= 0) return step;
  return count <= sizes * step ? (count + step - 1) / step * step : (count + 7) & ~7;
}

static void *take(int count) {
  size_t size = (size_t)rounded(count);
  if (size <= sizes * step && own) {
    piece *kept = own->first[size / step - 1];
    if (kept) {
      own->first[size / step - 1] = kept->next;
      own->count[size / step - 1]--;
      return kept;
    }
  }
  head *made = malloc(sizeof *made + size);
  if (!made) return NULL;
  made->size = size;
  return made + 1;
}

static void give(void *pointer) {
  if (!pointer) return;
  head *before = (head *)pointer - 1;
  size_t place = before->size / step - 1;
  shelf *shelf = before->size <= sizes * step ? shelf_of_thread() : NULL;
  if (!shelf || shelf->count[place] == most) {
    free(before);
    return;
  }
  piece *freed = pointer;
  freed->next = shelf->first[place];
  shelf->first[place] = freed;
  shelf->count[place]++;
}

static int size_of(void *pointer) { return pointer ? (int)((head *)pointer - 1)->size : 0; }

static void *retake(void *pointer, int count) {
  if (rounded(count) == size_of(pointer)) return pointer;
  void *other = take(count);
  if (!other) return NULL;
  int before = size_of(pointer);
  memcpy(other, pointer, (size_t)(before < count ? before : count));
  give(pointer);
  return other;
}

static int begin(void *unused) {
  (void)unused;
  return pthread_key_create(&key, clear) ? SQLITE_NOMEM : SQLITE_OK;
}

static void end(void *unused) { (void)unused; }

int csqlite_configure(void) {
  static const sqlite3_mem_methods memory = {take, give, retake, size_of, rounded, begin, end, NULL};
  int code = sqlite3_config(SQLITE_CONFIG_MALLOC, &memory);
  /* To count what is allocated takes a lock each time. */
  return code == SQLITE_OK ? sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) : code;
}
