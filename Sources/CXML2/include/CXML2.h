#pragma once

// libxml2, loaded when it is first used: linking it would cost every start of the program some
// milliseconds. Only what Sources/Formats/XML needs is declared; libxml2's own headers are not needed.

#include <stddef.h>

typedef struct cxml2_document cxml2_document;
typedef struct cxml2_node cxml2_node;
typedef struct cxml2_xpath cxml2_xpath;
typedef struct cxml2_writer cxml2_writer;

/// The first error of a call.
typedef struct {
  int line;
  int column;
  char message[256];
  /// The text was given up: reading it took too long.
  int is_late;
  int count;
  long long deadline;
} cxml2_error;

/// 1 when the library is there, now and for ever.
int cxml2_load(void);

/// A tree, or NULL when the text is not well-formed. HTML is always mended into a tree.
/// No network, no entities, no huge documents.
cxml2_document *cxml2_parse(const char *text, int size, int is_html, cxml2_error *error);
void cxml2_free_document(cxml2_document *document);

/// libxml2's xmlElementType: 1 element, 2 attribute, 3 text, 4 CDATA, 8 comment.
int cxml2_type(cxml2_node *node);
/// NULL for text.
const char *cxml2_name(cxml2_node *node);
const char *cxml2_prefix(cxml2_node *node);
/// All text within; to be freed with cxml2_free.
char *cxml2_content(cxml2_node *node);
void cxml2_free(char *text);

/// NULL when the expression is wrong. `namespaces` holds prefix, address, prefix, address, ...
cxml2_xpath *cxml2_evaluate(
  cxml2_document *document, const char *expression, const char *const *namespaces, int count,
  cxml2_error *error);
void cxml2_free_xpath(cxml2_xpath *result);
/// 1 nodes, 2 bool, 3 number, 4 string, 0 anything else.
int cxml2_xpath_type(cxml2_xpath *result);
int cxml2_xpath_count(cxml2_xpath *result);
cxml2_node *cxml2_xpath_node(cxml2_xpath *result, int index);
int cxml2_xpath_bool(cxml2_xpath *result);
double cxml2_xpath_number(cxml2_xpath *result);
const char *cxml2_xpath_string(cxml2_xpath *result);

/// Takes `length` bytes and says how many it took, or -1.
typedef int (*cxml2_sink)(void *context, const char *bytes, int length);

cxml2_writer *cxml2_new_writer(cxml2_sink sink, void *context, int indents);
/// These say -1 when they fail.
int cxml2_start_element(cxml2_writer *writer, const char *name);
int cxml2_attribute(cxml2_writer *writer, const char *name, const char *value);
int cxml2_text(cxml2_writer *writer, const char *text);
/// Bytes that are XML already.
int cxml2_raw(cxml2_writer *writer, const char *bytes, int count);
int cxml2_comment(cxml2_writer *writer, const char *text);
int cxml2_end_element(cxml2_writer *writer);
/// Closes what is open and hands everything to the sink.
int cxml2_end_document(cxml2_writer *writer);
void cxml2_free_writer(cxml2_writer *writer);
