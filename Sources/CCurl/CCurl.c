// A table of libcurl's functions, filled by name from whichever build of the library is installed.
// curl keeps its binary interface (libcurl.so.4) since 2006, so one table serves all of them.

#include "CCurl.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt

#define FUNCTIONS(EACH) \
  EACH(curl_global_init) EACH(curl_version_info) \
  EACH(curl_easy_init) EACH(curl_easy_cleanup) EACH(curl_easy_reset) EACH(curl_easy_setopt) \
  EACH(curl_easy_getinfo) EACH(curl_easy_strerror) \
  EACH(curl_multi_init) EACH(curl_multi_cleanup) EACH(curl_multi_add_handle) \
  EACH(curl_multi_remove_handle) EACH(curl_multi_socket_action) EACH(curl_multi_info_read) \
  EACH(curl_multi_setopt) EACH(curl_slist_append) EACH(curl_slist_free_all)

#define DECLARE(name) static __typeof__(name) *name##_;
FUNCTIONS(DECLARE)

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char failure[512];
static curl_version_info_data *version;

static const char *const names[] = {
#ifdef __APPLE__
  "libcurl.4.dylib", "/usr/lib/libcurl.4.dylib", "/opt/homebrew/opt/curl/lib/libcurl.4.dylib",
  "/usr/local/opt/curl/lib/libcurl.4.dylib",
#else
  "libcurl.so.4", "libcurl-gnutls.so.4", "libcurl-nss.so.4", "libcurl.so",
#endif
};

static void load(void) {
  void *library = NULL;
  for (size_t i = 0; i < sizeof names / sizeof *names && !library; i++)
    library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    snprintf(failure, sizeof failure, "libcurl was not found");
    return;
  }
#define FIND(name) \
  if (!(name##_ = (__typeof__(name) *)dlsym(library, #name))) { \
    snprintf(failure, sizeof failure, "the installed libcurl has no %s", #name); \
    return; \
  }
  FUNCTIONS(FIND)
  if (curl_global_init_(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    snprintf(failure, sizeof failure, "libcurl would not start");
    return;
  }
  version = curl_version_info_(CURLVERSION_NOW);
  if (!version) snprintf(failure, sizeof failure, "libcurl did not tell its version");
}

const char *ccurl_load(void) {
  pthread_once(&once, load);
  return failure[0] ? failure : NULL;
}

unsigned int ccurl_version_number(void) { return version->version_num; }
const char *ccurl_version_text(void) { return version->version; }
int ccurl_features(void) { return version->features; }

CURL *ccurl_easy_init(void) { return curl_easy_init_(); }
void ccurl_easy_cleanup(CURL *easy) { curl_easy_cleanup_(easy); }
void ccurl_easy_reset(CURL *easy) { curl_easy_reset_(easy); }
CURLcode ccurl_easy_set_long(CURL *easy, CURLoption option, long value) {
  return curl_easy_setopt_(easy, option, value);
}
CURLcode ccurl_easy_set_off(CURL *easy, CURLoption option, int64_t value) {
  return curl_easy_setopt_(easy, option, (curl_off_t)value);
}
CURLcode ccurl_easy_set_pointer(CURL *easy, CURLoption option, const void *value) {
  return curl_easy_setopt_(easy, option, value);
}
CURLcode ccurl_easy_set_write(CURL *easy, CURLoption option, size_t (*function)(char *, size_t, size_t, void *)) {
  return curl_easy_setopt_(easy, option, function);
}
CURLcode ccurl_easy_set_prereq(CURL *easy, int (*function)(void *, char *, char *, int, int)) {
  return curl_easy_setopt_(easy, CURLOPT_PREREQFUNCTION, function);
}
CURLcode ccurl_easy_set_close_socket(CURL *easy, int (*function)(void *, curl_socket_t)) {
  return curl_easy_setopt_(easy, CURLOPT_CLOSESOCKETFUNCTION, function);
}
CURLcode ccurl_easy_get_off(CURL *easy, CURLINFO info, int64_t *value) {
  curl_off_t found = 0;
  CURLcode code = curl_easy_getinfo_(easy, info, &found);
  *value = found;
  return code;
}
CURLcode ccurl_easy_get_long(CURL *easy, CURLINFO info, long *value) {
  return curl_easy_getinfo_(easy, info, value);
}
CURLcode ccurl_easy_get_text(CURL *easy, CURLINFO info, const char **value) {
  return curl_easy_getinfo_(easy, info, value);
}
CURLcode ccurl_easy_get_private(CURL *easy, void **value) {
  return curl_easy_getinfo_(easy, CURLINFO_PRIVATE, value);
}
const char *ccurl_easy_error_text(CURLcode code) { return curl_easy_strerror_(code); }

CURLM *ccurl_multi_init(void) { return curl_multi_init_(); }
CURLMcode ccurl_multi_cleanup(CURLM *multi) { return curl_multi_cleanup_(multi); }
CURLMcode ccurl_multi_add(CURLM *multi, CURL *easy) { return curl_multi_add_handle_(multi, easy); }
CURLMcode ccurl_multi_remove(CURLM *multi, CURL *easy) { return curl_multi_remove_handle_(multi, easy); }
CURLMcode ccurl_multi_socket_action(CURLM *multi, curl_socket_t socket, int events, int *running) {
  return curl_multi_socket_action_(multi, socket, events, running);
}
CURLMsg *ccurl_multi_info_read(CURLM *multi, int *left) { return curl_multi_info_read_(multi, left); }
CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
  return curl_multi_setopt_(multi, option, value);
}
CURLMcode ccurl_multi_set_pointer(CURLM *multi, CURLMoption option, void *value) {
  return curl_multi_setopt_(multi, option, value);
}
CURLMcode ccurl_multi_set_socket_function(
    CURLM *multi, int (*function)(CURL *, curl_socket_t, int, void *, void *)) {
  return curl_multi_setopt_(multi, CURLMOPT_SOCKETFUNCTION, function);
}
CURLMcode ccurl_multi_set_timer_function(CURLM *multi, int (*function)(CURLM *, long, void *)) {
  return curl_multi_setopt_(multi, CURLMOPT_TIMERFUNCTION, function);
}

struct curl_slist *ccurl_list_append(struct curl_slist *list, const char *text) {
  return curl_slist_append_(list, text);
}
void ccurl_list_free(struct curl_slist *list) { curl_slist_free_all_(list); }
