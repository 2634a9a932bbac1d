#include "CCurl.h"

#include <dlfcn.h>
#include <stddef.h>

/* The typecheck macros would stand in the way of the table below. */
#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt

/* The name of libcurl's interface since 2006; a major change would change it. */
static const char library[] = "libcurl.so.4";

static struct {
    __typeof__(curl_global_init) *global_init;
    __typeof__(curl_multi_init) *multi_init;
    __typeof__(curl_multi_cleanup) *multi_cleanup;
    __typeof__(curl_multi_wakeup) *multi_wakeup;
    __typeof__(curl_multi_perform) *multi_perform;
    __typeof__(curl_multi_poll) *multi_poll;
    __typeof__(curl_multi_add_handle) *multi_add_handle;
    __typeof__(curl_multi_remove_handle) *multi_remove_handle;
    __typeof__(curl_multi_info_read) *multi_info_read;
    __typeof__(curl_multi_setopt) *multi_setopt;
    __typeof__(curl_easy_init) *easy_init;
    __typeof__(curl_easy_cleanup) *easy_cleanup;
    __typeof__(curl_easy_strerror) *easy_strerror;
    __typeof__(curl_easy_header) *easy_header;
    __typeof__(curl_easy_setopt) *easy_setopt;
    __typeof__(curl_easy_getinfo) *easy_getinfo;
    __typeof__(curl_slist_append) *slist_append;
    __typeof__(curl_slist_free_all) *slist_free_all;
} curl;

#define FIND(name) ((curl.name = (__typeof__(curl.name))dlsym(handle, "curl_" #name)) != NULL)

CURLcode ergon_curl_load(void) {
    void *handle = dlopen(library, RTLD_LAZY | RTLD_LOCAL);
    if (handle == NULL) return CURLE_FAILED_INIT;
    int all = FIND(global_init) && FIND(multi_init) && FIND(multi_cleanup) && FIND(multi_wakeup)
        && FIND(multi_perform) && FIND(multi_poll) && FIND(multi_add_handle)
        && FIND(multi_remove_handle) && FIND(multi_info_read) && FIND(multi_setopt)
        && FIND(easy_init) && FIND(easy_cleanup) && FIND(easy_strerror) && FIND(easy_header)
        && FIND(easy_setopt) && FIND(easy_getinfo) && FIND(slist_append) && FIND(slist_free_all);
    return all ? curl.global_init(CURL_GLOBAL_DEFAULT) : CURLE_FAILED_INIT;
}

CURLM *ergon_curl_multi_init(void) { return curl.multi_init(); }

CURLMcode ergon_curl_multi_cleanup(CURLM *multi) { return curl.multi_cleanup(multi); }

CURLMcode ergon_curl_multi_wakeup(CURLM *multi) { return curl.multi_wakeup(multi); }

CURLMcode ergon_curl_multi_perform(CURLM *multi, int *running) {
    return curl.multi_perform(multi, running);
}

CURLMcode ergon_curl_multi_poll(CURLM *multi, int longest_ms) {
    return curl.multi_poll(multi, NULL, 0, longest_ms, NULL);
}

CURLMcode ergon_curl_multi_add_handle(CURLM *multi, CURL *easy) {
    return curl.multi_add_handle(multi, easy);
}

CURLMcode ergon_curl_multi_remove_handle(CURLM *multi, CURL *easy) {
    return curl.multi_remove_handle(multi, easy);
}

CURLMsg *ergon_curl_multi_info_read(CURLM *multi, int *left) {
    return curl.multi_info_read(multi, left);
}

CURLMcode ergon_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl.multi_setopt(multi, option, value);
}

CURL *ergon_curl_easy_init(void) { return curl.easy_init(); }

void ergon_curl_easy_cleanup(CURL *easy) { curl.easy_cleanup(easy); }

const char *ergon_curl_easy_strerror(CURLcode code) { return curl.easy_strerror(code); }

CURLHcode ergon_curl_easy_header(CURL *easy, const char *name, struct curl_header **header) {
    return curl.easy_header(easy, name, 0, CURLH_HEADER, -1, header);
}

struct curl_slist *ergon_curl_slist_append(struct curl_slist *list, const char *text) {
    return curl.slist_append(list, text);
}

void ergon_curl_slist_free_all(struct curl_slist *list) { curl.slist_free_all(list); }

CURLcode ergon_curl_set_long(CURL *easy, CURLoption option, long value) {
    return curl.easy_setopt(easy, option, value);
}

CURLcode ergon_curl_set_offset(CURL *easy, CURLoption option, curl_off_t value) {
    return curl.easy_setopt(easy, option, value);
}

CURLcode ergon_curl_set_string(CURL *easy, CURLoption option, const char *text) {
    return curl.easy_setopt(easy, option, text);
}

CURLcode ergon_curl_set_pointer(CURL *easy, CURLoption option, void *pointer) {
    return curl.easy_setopt(easy, option, pointer);
}

CURLcode ergon_curl_set_list(CURL *easy, CURLoption option, struct curl_slist *list) {
    return curl.easy_setopt(easy, option, list);
}

CURLcode ergon_curl_set_write(CURL *easy, curl_write_callback call, void *context) {
    CURLcode code = curl.easy_setopt(easy, CURLOPT_WRITEFUNCTION, call);
    return code != CURLE_OK ? code : curl.easy_setopt(easy, CURLOPT_WRITEDATA, context);
}

CURLcode ergon_curl_set_read(CURL *easy, curl_read_callback call, void *context) {
    CURLcode code = curl.easy_setopt(easy, CURLOPT_READFUNCTION, call);
    return code != CURLE_OK ? code : curl.easy_setopt(easy, CURLOPT_READDATA, context);
}

CURLcode ergon_curl_set_seek(CURL *easy, curl_seek_callback call, void *context) {
    CURLcode code = curl.easy_setopt(easy, CURLOPT_SEEKFUNCTION, call);
    return code != CURLE_OK ? code : curl.easy_setopt(easy, CURLOPT_SEEKDATA, context);
}

CURLcode ergon_curl_get_long(CURL *easy, CURLINFO info, long *value) {
    return curl.easy_getinfo(easy, info, value);
}
