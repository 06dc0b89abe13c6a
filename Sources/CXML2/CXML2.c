#include "CXML2.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// The public heads of libxml2's structs, the same since 2.6. Fields after those listed are not touched.

typedef struct {
  void *next;
  int type;
  const char *href;
  const char *prefix;
} xml_ns;

typedef struct xml_node {
  void *private;
  int type;
  const char *name;
  struct xml_node *children, *last, *parent, *next, *prev;
  void *doc;
  xml_ns *ns;
  char *content;
  struct xml_node *properties;
} xml_node;

typedef struct {
  int count;
  int capacity;
  xml_node **nodes;
} xml_node_set;

typedef struct {
  int type;
  xml_node_set *nodes;
  int boolean;
  double number;
  char *string;
} xml_xpath_object;

typedef struct {
  int domain;
  int code;
  char *message;
  int level;
  char *file;
  int line;
  char *str1, *str2, *str3;
  int int1;
  int column;
  void *parser;
  void *node;
} xml_error;

/// The whole of it since 2.9.11, which came with the limit.
typedef struct {
  void *document, *node;
  int counts1[2];
  void *variables;
  int counts2[2];
  void *types;
  int counts3[2];
  void *functions;
  int counts4[2];
  void *axes, *namespaces;
  int namespace_count;
  void *user;
  int sizes[3];
  void *others[11];
  int temporary_count;
  void *user_data, *error_function;
  xml_error last_error;
  void *debug_node, *dictionary;
  int flags;
  void *cache;
  unsigned long operation_limit;
} xml_xpath_context;

_Static_assert(sizeof(void *) != 8 || offsetof(xml_xpath_context, operation_limit) == 352, "as libxml2 has it");

typedef void (*structured_error)(void *context, const xml_error *error);

static struct {
  void (*xmlInitParser)(void);
  void *(*xmlReadMemory)(const char *, int, const char *, const char *, int);
  void *(*htmlReadMemory)(const char *, int, const char *, const char *, int);
  void (*xmlFreeDoc)(void *);
  char *(*xmlNodeGetContent)(xml_node *);
  void (*xmlSetStructuredErrorFunc)(void *, structured_error);
  void (**xmlFree)(void *);
  void (*xmlStopParser)(void *);
  const char **xmlParserVersion;
  void *(*xmlXPathNewContext)(void *);
  void (*xmlXPathFreeContext)(void *);
  int (*xmlXPathRegisterNs)(void *, const char *, const char *);
  xml_xpath_object *(*xmlXPathEvalExpression)(const char *, void *);
  void (*xmlXPathFreeObject)(xml_xpath_object *);
  void *(*xmlOutputBufferCreateIO)(cxml2_sink, int (*)(void *), void *, void *);
  void *(*xmlNewTextWriter)(void *);
  void (*xmlFreeTextWriter)(void *);
  int (*xmlTextWriterSetIndent)(void *, int);
  int (*xmlTextWriterStartDocument)(void *, const char *, const char *, const char *);
  int (*xmlTextWriterEndDocument)(void *);
  int (*xmlTextWriterStartElement)(void *, const char *);
  int (*xmlTextWriterEndElement)(void *);
  int (*xmlTextWriterWriteAttribute)(void *, const char *, const char *);
  int (*xmlTextWriterWriteString)(void *, const char *);
  int (*xmlTextWriterWriteRawLen)(void *, const char *, int);
  int (*xmlTextWriterWriteComment)(void *, const char *);
  int (*xmlTextWriterFlush)(void *);
} xml;

static int is_loaded = 0;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void) {
  static const char *const names[] = {
    "libxml2.so.2", "libxml2.so.16", "libxml2.so", "libxml2.2.dylib", "/usr/lib/libxml2.2.dylib",
  };
  void *library = NULL;
  for (size_t i = 0; i < sizeof names / sizeof *names && library == NULL; i++)
    library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) return;
#define FIND(symbol) \
  if ((*(void **)&xml.symbol = dlsym(library, #symbol)) == NULL) return;
  FIND(xmlInitParser)
  FIND(xmlReadMemory)
  FIND(htmlReadMemory)
  FIND(xmlFreeDoc)
  FIND(xmlNodeGetContent)
  FIND(xmlSetStructuredErrorFunc)
  FIND(xmlFree)
  FIND(xmlStopParser)
  FIND(xmlParserVersion)
  FIND(xmlXPathNewContext)
  FIND(xmlXPathFreeContext)
  FIND(xmlXPathRegisterNs)
  FIND(xmlXPathEvalExpression)
  FIND(xmlXPathFreeObject)
  FIND(xmlOutputBufferCreateIO)
  FIND(xmlNewTextWriter)
  FIND(xmlFreeTextWriter)
  FIND(xmlTextWriterSetIndent)
  FIND(xmlTextWriterStartDocument)
  FIND(xmlTextWriterEndDocument)
  FIND(xmlTextWriterStartElement)
  FIND(xmlTextWriterEndElement)
  FIND(xmlTextWriterWriteAttribute)
  FIND(xmlTextWriterWriteString)
  FIND(xmlTextWriterWriteRawLen)
  FIND(xmlTextWriterWriteComment)
  FIND(xmlTextWriterFlush)
#undef FIND
  xml.xmlInitParser();
  is_loaded = 1;
}

int cxml2_load(void) {
  pthread_once(&once, load);
  return is_loaded;
}

// Errors come through a callback that libxml2 keeps for each thread; without one it prints them.

static long long thread_nanoseconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

// Where the parser of HTML takes time that grows with the square of the text, it has something to complain of.
static void stop_when_late(void *context, const xml_error *error) {
  cxml2_error *kept = context;
  if (error == NULL || error->parser == NULL || ++kept->count % 64 != 0 || kept->is_late) return;
  if (thread_nanoseconds() < kept->deadline) return;
  kept->is_late = 1;
  xml.xmlStopParser(error->parser);
}

static void keep_first(void *context, const xml_error *error) {
  cxml2_error *kept = context;
  stop_when_late(context, error);
  if (error == NULL || error->level < 2 || kept->message[0] != 0 || error->message == NULL) return;
  kept->line = error->line;
  kept->column = error->column;
  strncpy(kept->message, error->message, sizeof kept->message - 1);
}

cxml2_document *cxml2_parse(const char *text, int size, int is_html, cxml2_error *error) {
  // XML_PARSE_NONET and XML_PARSE_COMPACT; HTML_PARSE_RECOVER besides for HTML. Neither XML_PARSE_HUGE
  // nor XML_PARSE_NOENT nor XML_PARSE_DTDLOAD nor XML_PARSE_XINCLUDE.
  const int options = 1 << 11 | 1 << 16;
  memset(error, 0, sizeof *error);
  error->deadline = thread_nanoseconds() + 400000000;
  xml.xmlSetStructuredErrorFunc(error, keep_first);
  void *document = is_html ? xml.htmlReadMemory(text, size, NULL, "UTF-8", options | 1)
                           : xml.xmlReadMemory(text, size, NULL, "UTF-8", options);
  xml.xmlSetStructuredErrorFunc(NULL, NULL);
  if (error->is_late && document != NULL) {
    xml.xmlFreeDoc(document);
    return NULL;
  }
  return document;
}

void cxml2_free_document(cxml2_document *document) { xml.xmlFreeDoc(document); }

int cxml2_type(cxml2_node *node) { return ((xml_node *)node)->type; }

const char *cxml2_name(cxml2_node *node) {
  xml_node *element = (xml_node *)node;
  return element->type == 1 || element->type == 2 ? element->name : NULL;
}

const char *cxml2_prefix(cxml2_node *node) {
  xml_node *element = (xml_node *)node;
  return (element->type == 1 || element->type == 2) && element->ns != NULL ? element->ns->prefix : NULL;
}

char *cxml2_content(cxml2_node *node) { return xml.xmlNodeGetContent((xml_node *)node); }

void cxml2_free(char *text) { (*xml.xmlFree)(text); }

cxml2_xpath *cxml2_evaluate(
  cxml2_document *document, const char *expression, const char *const *namespaces, int count,
  cxml2_error *error) {
  memset(error, 0, sizeof *error);
  void *context = xml.xmlXPathNewContext(document);
  if (context == NULL) return NULL;
  if (atoi(*xml.xmlParserVersion) >= 20911) ((xml_xpath_context *)context)->operation_limit = 5000000;
  for (int i = 0; i + 1 < count; i += 2) xml.xmlXPathRegisterNs(context, namespaces[i], namespaces[i + 1]);
  xml.xmlSetStructuredErrorFunc(error, keep_first);
  xml_xpath_object *result = xml.xmlXPathEvalExpression(expression, context);
  xml.xmlSetStructuredErrorFunc(NULL, NULL);
  xml.xmlXPathFreeContext(context);
  return (cxml2_xpath *)result;
}

void cxml2_free_xpath(cxml2_xpath *result) { xml.xmlXPathFreeObject((xml_xpath_object *)result); }

int cxml2_xpath_type(cxml2_xpath *result) {
  int type = ((xml_xpath_object *)result)->type;
  return type >= 1 && type <= 4 ? type : 0;
}

int cxml2_xpath_count(cxml2_xpath *result) {
  xml_node_set *set = ((xml_xpath_object *)result)->nodes;
  return set == NULL || set->nodes == NULL ? 0 : set->count;
}

cxml2_node *cxml2_xpath_node(cxml2_xpath *result, int index) {
  return (cxml2_node *)((xml_xpath_object *)result)->nodes->nodes[index];
}

int cxml2_xpath_bool(cxml2_xpath *result) { return ((xml_xpath_object *)result)->boolean; }
double cxml2_xpath_number(cxml2_xpath *result) { return ((xml_xpath_object *)result)->number; }
const char *cxml2_xpath_string(cxml2_xpath *result) { return ((xml_xpath_object *)result)->string; }

cxml2_writer *cxml2_new_writer(cxml2_sink sink, void *context, int indents) {
  void *buffer = xml.xmlOutputBufferCreateIO(sink, NULL, context, NULL);
  if (buffer == NULL) return NULL;
  void *writer = xml.xmlNewTextWriter(buffer);
  if (writer == NULL) return NULL;
  xml.xmlTextWriterSetIndent(writer, indents);
  xml.xmlTextWriterStartDocument(writer, "1.0", "UTF-8", NULL);
  return writer;
}

int cxml2_start_element(cxml2_writer *writer, const char *name) {
  return xml.xmlTextWriterStartElement(writer, name);
}

int cxml2_attribute(cxml2_writer *writer, const char *name, const char *value) {
  return xml.xmlTextWriterWriteAttribute(writer, name, value);
}

int cxml2_text(cxml2_writer *writer, const char *text) { return xml.xmlTextWriterWriteString(writer, text); }
int cxml2_raw(cxml2_writer *writer, const char *bytes, int count) {
  return xml.xmlTextWriterWriteRawLen(writer, bytes, count);
}

int cxml2_comment(cxml2_writer *writer, const char *text) { return xml.xmlTextWriterWriteComment(writer, text); }
int cxml2_end_element(cxml2_writer *writer) { return xml.xmlTextWriterEndElement(writer); }

int cxml2_end_document(cxml2_writer *writer) {
  if (xml.xmlTextWriterEndDocument(writer) < 0) return -1;
  return xml.xmlTextWriterFlush(writer);
}

void cxml2_free_writer(cxml2_writer *writer) { xml.xmlFreeTextWriter(writer); }
