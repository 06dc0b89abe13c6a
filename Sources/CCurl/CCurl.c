// A table of libcurl's functions, filled by name from whichever build of the library is installed.
// curl keeps its binary interface (libcurl.so.4) since 2006, so one table serves all of them.

#include "CCurl.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define SAME(name) _Static_assert((long)C##name == (long)name, #name);
SAME(CURLOPT_NOBODY)
SAME(CURLOPT_POST)
SAME(CURLOPT_FOLLOWLOCATION)
SAME(CURLOPT_SSL_VERIFYPEER)
SAME(CURLOPT_HTTPGET)
SAME(CURLOPT_SSL_VERIFYHOST)
SAME(CURLOPT_HTTP_VERSION)
SAME(CURLOPT_NOSIGNAL)
SAME(CURLOPT_PROTOCOLS)
SAME(CURLOPT_TCP_KEEPALIVE)
SAME(CURLOPT_HEADEROPT)
SAME(CURLOPT_SUPPRESS_CONNECT_HEADERS)
SAME(CURLOPT_MAXAGE_CONN)
#if LIBCURL_VERSION_NUM >= 0x075700
SAME(CURLOPT_QUICK_EXIT)
#endif
SAME(CURLOPT_WRITEDATA)
SAME(CURLOPT_URL)
SAME(CURLOPT_PROXY)
SAME(CURLOPT_ERRORBUFFER)
SAME(CURLOPT_USERAGENT)
SAME(CURLOPT_HTTPHEADER)
SAME(CURLOPT_HEADERDATA)
SAME(CURLOPT_CUSTOMREQUEST)
SAME(CURLOPT_CAINFO)
SAME(CURLOPT_CAPATH)
SAME(CURLOPT_ACCEPT_ENCODING)
SAME(CURLOPT_PRIVATE)
SAME(CURLOPT_OPENSOCKETDATA)
SAME(CURLOPT_COPYPOSTFIELDS)
SAME(CURLOPT_CLOSESOCKETDATA)
SAME(CURLOPT_CURLU)
SAME(CURLOPT_PREREQDATA)
SAME(CURLOPT_WRITEFUNCTION)
SAME(CURLOPT_HEADERFUNCTION)
SAME(CURLOPT_POSTFIELDSIZE_LARGE)
SAME(CURLINFO_REDIRECT_URL)
SAME(CURLINFO_HEADER_SIZE)
SAME(CURLINFO_REQUEST_SIZE)
SAME(CURLINFO_OS_ERRNO)
SAME(CURLINFO_NUM_CONNECTS)
SAME(CURLINFO_HTTP_VERSION)
SAME(CURLINFO_SIZE_UPLOAD_T)
SAME(CURLINFO_SIZE_DOWNLOAD_T)
SAME(CURLINFO_NAMELOOKUP_TIME_T)
SAME(CURLINFO_CONNECT_TIME_T)
SAME(CURLINFO_APPCONNECT_TIME_T)
SAME(CURLMOPT_PIPELINING)
SAME(CURLMOPT_MAXCONNECTS)
SAME(CURLMOPT_SOCKETDATA)
SAME(CURLMOPT_TIMERDATA)
SAME(CURLE_OK)
SAME(CURLE_UNSUPPORTED_PROTOCOL)
SAME(CURLE_URL_MALFORMAT)
SAME(CURLE_NOT_BUILT_IN)
SAME(CURLE_COULDNT_RESOLVE_PROXY)
SAME(CURLE_COULDNT_RESOLVE_HOST)
SAME(CURLE_COULDNT_CONNECT)
SAME(CURLE_WEIRD_SERVER_REPLY)
SAME(CURLE_HTTP2)
SAME(CURLE_PARTIAL_FILE)
SAME(CURLE_OUT_OF_MEMORY)
SAME(CURLE_OPERATION_TIMEDOUT)
SAME(CURLE_SSL_CONNECT_ERROR)
SAME(CURLE_BAD_FUNCTION_ARGUMENT)
SAME(CURLE_GOT_NOTHING)
SAME(CURLE_SSL_ENGINE_NOTFOUND)
SAME(CURLE_SSL_ENGINE_SETFAILED)
SAME(CURLE_SEND_ERROR)
SAME(CURLE_RECV_ERROR)
SAME(CURLE_SSL_CERTPROBLEM)
SAME(CURLE_SSL_CIPHER)
SAME(CURLE_PEER_FAILED_VERIFICATION)
SAME(CURLE_BAD_CONTENT_ENCODING)
SAME(CURLE_FILESIZE_EXCEEDED)
SAME(CURLE_USE_SSL_FAILED)
SAME(CURLE_SSL_ENGINE_INITFAILED)
SAME(CURLE_SSL_CACERT_BADFILE)
SAME(CURLE_SSL_SHUTDOWN_FAILED)
SAME(CURLE_SSL_CRL_BADFILE)
SAME(CURLE_SSL_ISSUER_ERROR)
SAME(CURLE_SSL_PINNEDPUBKEYNOTMATCH)
SAME(CURLE_SSL_INVALIDCERTSTATUS)
SAME(CURLE_HTTP2_STREAM)
SAME(CURLE_HTTP3)
SAME(CURLE_QUIC_CONNECT_ERROR)
SAME(CURLE_PROXY)
SAME(CURLE_SSL_CLIENTCERT)
SAME(CURLHEADER_SEPARATE)
SAME(CURLMSG_DONE)
SAME(CURLM_OK)
SAME(CURLPIPE_MULTIPLEX)
SAME(CURLPROTO_HTTP)
SAME(CURLPROTO_HTTPS)
SAME(CURL_CSELECT_ERR)
SAME(CURL_CSELECT_IN)
SAME(CURL_CSELECT_OUT)
SAME(CURL_ERROR_SIZE)
SAME(CURL_HTTP_VERSION_1_0)
SAME(CURL_HTTP_VERSION_1_1)
SAME(CURL_HTTP_VERSION_2TLS)
SAME(CURL_HTTP_VERSION_2_0)
SAME(CURL_POLL_IN)
SAME(CURL_POLL_OUT)
SAME(CURL_POLL_REMOVE)
SAME(CURL_PREREQFUNC_ABORT)
SAME(CURL_PREREQFUNC_OK)
SAME(CURL_SOCKET_TIMEOUT)
SAME(CURL_VERSION_ASYNCHDNS)
SAME(CURL_VERSION_BROTLI)
SAME(CURL_VERSION_HTTP2)
SAME(CURL_VERSION_LIBZ)
SAME(CURL_VERSION_ZSTD)

#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt

#define FUNCTIONS(EACH) \
  EACH(curl_global_init) EACH(curl_version_info) \
  EACH(curl_easy_init) EACH(curl_easy_cleanup) EACH(curl_easy_setopt) \
  EACH(curl_easy_getinfo) \
  EACH(curl_multi_init) EACH(curl_multi_cleanup) EACH(curl_multi_add_handle) \
  EACH(curl_multi_remove_handle) EACH(curl_multi_socket_action) EACH(curl_multi_info_read) \
  EACH(curl_multi_setopt) EACH(curl_slist_append) EACH(curl_slist_free_all) \
  EACH(curl_url) EACH(curl_url_set) EACH(curl_url_cleanup)

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
    library = dlopen(names[i], RTLD_LAZY | RTLD_LOCAL);
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

uint32_t ccurl_version_number(void) { return version->version_num; }
const char *ccurl_version_text(void) { return version->version; }
int ccurl_features(void) { return version->features; }

void *ccurl_easy_init(void) { return curl_easy_init_(); }
void ccurl_easy_cleanup(void *easy) { curl_easy_cleanup_(easy); }
CCurlCode ccurl_easy_set_long(void *easy, CCurlOption option, long value) {
  return (CCurlCode)curl_easy_setopt_(easy, (CURLoption)option, value);
}
CCurlCode ccurl_easy_set_off(void *easy, CCurlOption option, int64_t value) {
  return (CCurlCode)curl_easy_setopt_(easy, (CURLoption)option, (curl_off_t)value);
}
CCurlCode ccurl_easy_set_pointer(void *easy, CCurlOption option, const void *value) {
  return (CCurlCode)curl_easy_setopt_(easy, (CURLoption)option, value);
}
CCurlCode ccurl_easy_set_write(void *easy, CCurlOption option, ccurl_write function) {
  return (CCurlCode)curl_easy_setopt_(easy, (CURLoption)option, function);
}
CCurlCode ccurl_easy_set_prereq(void *easy, ccurl_prereq function) {
  return (CCurlCode)curl_easy_setopt_(easy, CURLOPT_PREREQFUNCTION, function);
}

// The same for all, written by each thread that makes a handle.
static _Atomic(ccurl_open_socket) opener;
static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address) {
  (void)purpose;
  return opener(context, address->family, address->socktype, address->protocol);
}
void ccurl_easy_set_sockets(void *easy, ccurl_open_socket open, ccurl_close_socket close, void *context) {
  opener = open;
  curl_easy_setopt_(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
  curl_easy_setopt_(easy, CURLOPT_OPENSOCKETDATA, context);
  curl_easy_setopt_(easy, CURLOPT_CLOSESOCKETFUNCTION, close);
  curl_easy_setopt_(easy, CURLOPT_CLOSESOCKETDATA, context);
}

CCurlCode ccurl_easy_get_off(void *easy, CCurlInfo info, int64_t *value) {
  curl_off_t found = 0;
  CURLcode code = curl_easy_getinfo_(easy, (CURLINFO)info, &found);
  *value = found;
  return (CCurlCode)code;
}
CCurlCode ccurl_easy_get_long(void *easy, CCurlInfo info, long *value) {
  return (CCurlCode)curl_easy_getinfo_(easy, (CURLINFO)info, value);
}
CCurlCode ccurl_easy_get_text(void *easy, CCurlInfo info, const char **value) {
  return (CCurlCode)curl_easy_getinfo_(easy, (CURLINFO)info, value);
}
void *ccurl_easy_get_private(void *easy) {
  void *value = NULL;
  curl_easy_getinfo_(easy, CURLINFO_PRIVATE, &value);
  return value;
}

void *ccurl_multi_init(void) { return curl_multi_init_(); }
int ccurl_multi_cleanup(void *multi) { return curl_multi_cleanup_(multi); }
int ccurl_multi_add(void *multi, void *easy) { return curl_multi_add_handle_(multi, easy); }
int ccurl_multi_remove(void *multi, void *easy) { return curl_multi_remove_handle_(multi, easy); }
int ccurl_multi_socket_action(void *multi, int socket, int events) {
  int running;
  return curl_multi_socket_action_(multi, socket, events, &running);
}
void *ccurl_multi_next_finished(void *multi, CCurlCode *code) {
  CURLMsg *message;
  int left;
  while ((message = curl_multi_info_read_(multi, &left))) {
    if (message->msg != CURLMSG_DONE) continue;
    *code = (CCurlCode)message->data.result;
    return message->easy_handle;
  }
  return NULL;
}
int ccurl_multi_set_long(void *multi, CCurlMultiOption option, long value) {
  return curl_multi_setopt_(multi, (CURLMoption)option, value);
}
int ccurl_multi_set_socket_function(
    void *multi, int (*function)(void *, int, int, void *, void *), void *context) {
  curl_multi_setopt_(multi, CURLMOPT_SOCKETDATA, context);
  return curl_multi_setopt_(multi, CURLMOPT_SOCKETFUNCTION, function);
}
int ccurl_multi_set_timer_function(void *multi, int (*function)(void *, long, void *), void *context) {
  curl_multi_setopt_(multi, CURLMOPT_TIMERDATA, context);
  return curl_multi_setopt_(multi, CURLMOPT_TIMERFUNCTION, function);
}

void *ccurl_list_append(void *list, const char *text) { return curl_slist_append_(list, text); }
void ccurl_list_free(void *list) { curl_slist_free_all_(list); }
int ccurl_list_overwrite(void *list, long place, const char *text, size_t count) {
  struct curl_slist *item = list;
  while (item && place-- > 0) item = item->next;
  if (!item || strlen(item->data) < count) return -1;
  memcpy(item->data + strlen(item->data) - count, text, count);
  return 0;
}

void *ccurl_url_new(const char *text) {
  CURLU *url = curl_url_();
  // As curl reads it for itself, where it is given the text alone.
  if (url && curl_url_set_(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK) return url;
  curl_url_cleanup_(url);
  return NULL;
}
void ccurl_url_free(void *url) { curl_url_cleanup_(url); }
