#ifndef ERGON_CCURL_H
#define ERGON_CCURL_H

#include <curl/curl.h>

/* libcurl brings some thirty libraries along, which takes longer to load than most of our commands
   take in all: so it is loaded when it is first needed, and each function we use has one of ours in
   front of it.
   libcurl's setters and getters are variadic, which Swift cannot call: they have one an argument
   type, and the names end in what the option's manual page calls its argument. */

/* Loads libcurl. Must have returned CURLE_OK before anything else here is called; to call it from
   several threads at once is not allowed. */
CURLcode ergon_curl_load(void);

CURLM *ergon_curl_multi_init(void);
CURLMcode ergon_curl_multi_cleanup(CURLM *multi);
CURLMcode ergon_curl_multi_wakeup(CURLM *multi);
CURLMcode ergon_curl_multi_perform(CURLM *multi, int *running);
CURLMcode ergon_curl_multi_poll(CURLM *multi, int longest_ms);
CURLMcode ergon_curl_multi_add_handle(CURLM *multi, CURL *easy);
CURLMcode ergon_curl_multi_remove_handle(CURLM *multi, CURL *easy);
CURLMsg *ergon_curl_multi_info_read(CURLM *multi, int *left);
CURLMcode ergon_curl_multi_set_long(CURLM *multi, CURLMoption option, long value);

CURL *ergon_curl_easy_init(void);
void ergon_curl_easy_cleanup(CURL *easy);
const char *ergon_curl_easy_strerror(CURLcode code);
/* The last header of that name in the last answer. */
CURLHcode ergon_curl_easy_header(CURL *easy, const char *name, struct curl_header **header);
struct curl_slist *ergon_curl_slist_append(struct curl_slist *list, const char *text);
void ergon_curl_slist_free_all(struct curl_slist *list);

CURLcode ergon_curl_set_long(CURL *easy, CURLoption option, long value);
CURLcode ergon_curl_set_offset(CURL *easy, CURLoption option, curl_off_t value);
/* The text is copied; NULL takes the option's default away. */
CURLcode ergon_curl_set_string(CURL *easy, CURLoption option, const char *text);
/* Nothing is copied: what is pointed to must outlive the transfer. */
CURLcode ergon_curl_set_pointer(CURL *easy, CURLoption option, void *pointer);
CURLcode ergon_curl_set_list(CURL *easy, CURLoption option, struct curl_slist *list);
CURLcode ergon_curl_set_write(CURL *easy, curl_write_callback call, void *context);
CURLcode ergon_curl_set_read(CURL *easy, curl_read_callback call, void *context);
CURLcode ergon_curl_set_seek(CURL *easy, curl_seek_callback call, void *context);
CURLcode ergon_curl_get_long(CURL *easy, CURLINFO info, long *value);

#endif
