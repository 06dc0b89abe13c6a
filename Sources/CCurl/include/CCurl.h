// libcurl, loaded when first used: linking it costs more start-up time than the rest of the program.
//
// Only the functions that the client needs, each under its own name with the prefix `ccurl_`. The
// variadic ones are split by the type of their argument, because Swift can't call variadic functions.
// Nothing but `ccurl_load` may be called before it has returned NULL.
//
// curl's own header is not shown to Swift, because it drags the system's headers along, which Swift then
// takes for this module's. The constants are repeated here, with a C before their names; CCurl.c holds
// them to curl's.
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef enum {
  CCURLOPT_NOBODY = 44,
  CCURLOPT_POST = 47,
  CCURLOPT_FOLLOWLOCATION = 52,
  CCURLOPT_SSL_VERIFYPEER = 64,
  CCURLOPT_HTTPGET = 80,
  CCURLOPT_SSL_VERIFYHOST = 81,
  CCURLOPT_HTTP_VERSION = 84,
  CCURLOPT_NOSIGNAL = 99,
  CCURLOPT_PROTOCOLS = 181,
  CCURLOPT_TCP_KEEPALIVE = 213,
  CCURLOPT_HEADEROPT = 229,
  CCURLOPT_SUPPRESS_CONNECT_HEADERS = 265,
  CCURLOPT_MAXAGE_CONN = 288,
  CCURLOPT_QUICK_EXIT = 322,
  CCURLOPT_WRITEDATA = 10001,
  CCURLOPT_URL = 10002,
  CCURLOPT_PROXY = 10004,
  CCURLOPT_ERRORBUFFER = 10010,
  CCURLOPT_USERAGENT = 10018,
  CCURLOPT_HTTPHEADER = 10023,
  CCURLOPT_HEADERDATA = 10029,
  CCURLOPT_CUSTOMREQUEST = 10036,
  CCURLOPT_CAINFO = 10065,
  CCURLOPT_CAPATH = 10097,
  CCURLOPT_ACCEPT_ENCODING = 10102,
  CCURLOPT_PRIVATE = 10103,
  CCURLOPT_OPENSOCKETDATA = 10164,
  CCURLOPT_COPYPOSTFIELDS = 10165,
  CCURLOPT_CLOSESOCKETDATA = 10209,
  CCURLOPT_CURLU = 10282,
  CCURLOPT_PREREQDATA = 10313,
  CCURLOPT_WRITEFUNCTION = 20011,
  CCURLOPT_HEADERFUNCTION = 20079,
  CCURLOPT_POSTFIELDSIZE_LARGE = 30120,
} CCurlOption;

typedef enum {
  CCURLINFO_REDIRECT_URL = 1048607,
  CCURLINFO_HEADER_SIZE = 2097163,
  CCURLINFO_REQUEST_SIZE = 2097164,
  CCURLINFO_OS_ERRNO = 2097177,
  CCURLINFO_NUM_CONNECTS = 2097178,
  CCURLINFO_HTTP_VERSION = 2097198,
  CCURLINFO_SIZE_UPLOAD_T = 6291463,
  CCURLINFO_SIZE_DOWNLOAD_T = 6291464,
  CCURLINFO_NAMELOOKUP_TIME_T = 6291507,
  CCURLINFO_CONNECT_TIME_T = 6291508,
  CCURLINFO_APPCONNECT_TIME_T = 6291512,
} CCurlInfo;

typedef enum {
  CCURLMOPT_PIPELINING = 3,
  CCURLMOPT_MAXCONNECTS = 6,
  CCURLMOPT_SOCKETDATA = 10002,
  CCURLMOPT_TIMERDATA = 10005,
} CCurlMultiOption;

typedef enum {
  CCURLE_OK = 0,
  CCURLE_UNSUPPORTED_PROTOCOL = 1,
  CCURLE_URL_MALFORMAT = 3,
  CCURLE_NOT_BUILT_IN = 4,
  CCURLE_COULDNT_RESOLVE_PROXY = 5,
  CCURLE_COULDNT_RESOLVE_HOST = 6,
  CCURLE_COULDNT_CONNECT = 7,
  CCURLE_WEIRD_SERVER_REPLY = 8,
  CCURLE_HTTP2 = 16,
  CCURLE_PARTIAL_FILE = 18,
  CCURLE_OUT_OF_MEMORY = 27,
  CCURLE_OPERATION_TIMEDOUT = 28,
  CCURLE_SSL_CONNECT_ERROR = 35,
  CCURLE_BAD_FUNCTION_ARGUMENT = 43,
  CCURLE_GOT_NOTHING = 52,
  CCURLE_SSL_ENGINE_NOTFOUND = 53,
  CCURLE_SSL_ENGINE_SETFAILED = 54,
  CCURLE_SEND_ERROR = 55,
  CCURLE_RECV_ERROR = 56,
  CCURLE_SSL_CERTPROBLEM = 58,
  CCURLE_SSL_CIPHER = 59,
  CCURLE_PEER_FAILED_VERIFICATION = 60,
  CCURLE_BAD_CONTENT_ENCODING = 61,
  CCURLE_FILESIZE_EXCEEDED = 63,
  CCURLE_USE_SSL_FAILED = 64,
  CCURLE_SSL_ENGINE_INITFAILED = 66,
  CCURLE_SSL_CACERT_BADFILE = 77,
  CCURLE_SSL_SHUTDOWN_FAILED = 80,
  CCURLE_SSL_CRL_BADFILE = 82,
  CCURLE_SSL_ISSUER_ERROR = 83,
  CCURLE_SSL_PINNEDPUBKEYNOTMATCH = 90,
  CCURLE_SSL_INVALIDCERTSTATUS = 91,
  CCURLE_HTTP2_STREAM = 92,
  CCURLE_HTTP3 = 95,
  CCURLE_QUIC_CONNECT_ERROR = 96,
  CCURLE_PROXY = 97,
  CCURLE_SSL_CLIENTCERT = 98,
} CCurlCode;

#define CCURLHEADER_SEPARATE 1
#define CCURLMSG_DONE 1
#define CCURLM_OK 0
#define CCURLPIPE_MULTIPLEX 2
#define CCURLPROTO_HTTP 1
#define CCURLPROTO_HTTPS 2
#define CCURL_CSELECT_ERR 4
#define CCURL_CSELECT_IN 1
#define CCURL_CSELECT_OUT 2
#define CCURL_ERROR_SIZE 256
#define CCURL_HTTP_VERSION_1_0 1
#define CCURL_HTTP_VERSION_1_1 2
#define CCURL_HTTP_VERSION_2TLS 4
#define CCURL_HTTP_VERSION_2_0 3
#define CCURL_POLL_IN 1
#define CCURL_POLL_OUT 2
#define CCURL_POLL_REMOVE 4
#define CCURL_PREREQFUNC_ABORT 1
#define CCURL_PREREQFUNC_OK 0
#define CCURL_SOCKET_TIMEOUT -1
#define CCURL_VERSION_ASYNCHDNS 128
#define CCURL_VERSION_BROTLI 8388608
#define CCURL_VERSION_HTTP2 65536
#define CCURL_VERSION_LIBZ 8
#define CCURL_VERSION_ZSTD 67108864

// Loads and initialises the library, once, from any thread. NULL on success, else what went wrong.
const char *ccurl_load(void);

// Version as a number (0x075801 is 7.88.1), its text, and the CURL_VERSION_* feature bits.
uint32_t ccurl_version_number(void);
const char *ccurl_version_text(void);
int ccurl_features(void);

// How sockets are made (family, type, protocol) and closed, for handles that are given this context.
typedef int (*ccurl_open_socket)(void *context, int family, int type, int protocol);
typedef int (*ccurl_close_socket)(void *context, int socket);
typedef size_t (*ccurl_write)(char *bytes, size_t size, size_t count, void *context);
typedef int (*ccurl_prereq)(void *context, char *remote, char *local, int remotePort, int localPort);

void *ccurl_easy_init(void);
void ccurl_easy_cleanup(void *easy);
CCurlCode ccurl_easy_set_long(void *easy, CCurlOption option, long value);
CCurlCode ccurl_easy_set_off(void *easy, CCurlOption option, int64_t value);
CCurlCode ccurl_easy_set_pointer(void *easy, CCurlOption option, const void *value);
CCurlCode ccurl_easy_set_write(void *easy, CCurlOption option, ccurl_write function);
CCurlCode ccurl_easy_set_prereq(void *easy, ccurl_prereq function);
// One pair of functions for the whole program; the context is each handle's.
void ccurl_easy_set_sockets(void *easy, ccurl_open_socket open, ccurl_close_socket close, void *context);
CCurlCode ccurl_easy_get_off(void *easy, CCurlInfo info, int64_t *value);
CCurlCode ccurl_easy_get_long(void *easy, CCurlInfo info, long *value);
CCurlCode ccurl_easy_get_text(void *easy, CCurlInfo info, const char **value);
void *ccurl_easy_get_private(void *easy);

// These return 0 when all is well.
void *ccurl_multi_init(void);
int ccurl_multi_cleanup(void *multi);
int ccurl_multi_add(void *multi, void *easy);
int ccurl_multi_remove(void *multi, void *easy);
int ccurl_multi_socket_action(void *multi, int socket, int events);
// A handle that has finished, and how; NULL when there is no more.
void *ccurl_multi_next_finished(void *multi, CCurlCode *code);
int ccurl_multi_set_long(void *multi, CCurlMultiOption option, long value);
int ccurl_multi_set_socket_function(
    void *multi, int (*function)(void *easy, int socket, int what, void *context, void *known), void *context);
int ccurl_multi_set_timer_function(
    void *multi, int (*function)(void *multi, long milliseconds, void *context), void *context);

// A list of header lines; NULL is the empty one.
void *ccurl_list_append(void *list, const char *text);
void ccurl_list_free(void *list);
// Writes over the last bytes of a line, from 0, by as many others; 0 unless there are no such.
int ccurl_list_overwrite(void *list, long place, const char *text, size_t count);

// An address taken apart, which a handle can be given in place of its text; NULL where it is none. Must outlive
// the handle's transfers.
void *ccurl_url_new(const char *text);
void ccurl_url_free(void *url);
