// libcurl, loaded when first used: linking it costs more start-up time than the rest of the program.
//
// Only the functions that the client needs, each under its own name with the prefix `ccurl_`. The
// variadic ones are split by the type of their argument, because Swift can't call variadic functions.
// Types and constants come from curl's own header. Nothing here may be called before `ccurl_load`
// has returned NULL.
#pragma once

#include <curl/curl.h>
#include <stdint.h>
#ifdef __linux__
// What the event loop around libcurl waits with.
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#endif

// Newer than the oldest header that we build with; a library that does not know them answers
// CURLE_UNKNOWN_OPTION.
#define CCURL_INFO_CONN_ID ((CURLINFO)(CURLINFO_OFF_T + 64))
#define CCURL_INFO_POSTTRANSFER_TIME_T ((CURLINFO)(CURLINFO_OFF_T + 67))

// Loads and initialises the library, once, from any thread. NULL on success, else what went wrong.
const char *ccurl_load(void);

// Version as a number (0x075801 is 7.88.1), its text, and the CURL_VERSION_* feature bits.
unsigned int ccurl_version_number(void);
const char *ccurl_version_text(void);
int ccurl_features(void);

CURL *ccurl_easy_init(void);
void ccurl_easy_cleanup(CURL *easy);
void ccurl_easy_reset(CURL *easy);
CURLcode ccurl_easy_set_long(CURL *easy, CURLoption option, long value);
CURLcode ccurl_easy_set_off(CURL *easy, CURLoption option, int64_t value);
CURLcode ccurl_easy_set_pointer(CURL *easy, CURLoption option, const void *value);
CURLcode ccurl_easy_set_write(CURL *easy, CURLoption option, size_t (*function)(char *, size_t, size_t, void *));
CURLcode ccurl_easy_set_prereq(CURL *easy, int (*function)(void *, char *, char *, int, int));
CURLcode ccurl_easy_set_close_socket(CURL *easy, int (*function)(void *, curl_socket_t));
CURLcode ccurl_easy_get_off(CURL *easy, CURLINFO info, int64_t *value);
CURLcode ccurl_easy_get_long(CURL *easy, CURLINFO info, long *value);
CURLcode ccurl_easy_get_text(CURL *easy, CURLINFO info, const char **value);
CURLcode ccurl_easy_get_private(CURL *easy, void **value);
const char *ccurl_easy_error_text(CURLcode code);

CURLM *ccurl_multi_init(void);
CURLMcode ccurl_multi_cleanup(CURLM *multi);
CURLMcode ccurl_multi_add(CURLM *multi, CURL *easy);
CURLMcode ccurl_multi_remove(CURLM *multi, CURL *easy);
CURLMcode ccurl_multi_socket_action(CURLM *multi, curl_socket_t socket, int events, int *running);
CURLMsg *ccurl_multi_info_read(CURLM *multi, int *left);
CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value);
CURLMcode ccurl_multi_set_pointer(CURLM *multi, CURLMoption option, void *value);
CURLMcode ccurl_multi_set_socket_function(
    CURLM *multi, int (*function)(CURL *, curl_socket_t, int, void *, void *));
CURLMcode ccurl_multi_set_timer_function(CURLM *multi, int (*function)(CURLM *, long, void *));

struct curl_slist *ccurl_list_append(struct curl_slist *list, const char *text);
void ccurl_list_free(struct curl_slist *list);
