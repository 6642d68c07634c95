#pragma once
#include <curl/curl.h>
#include <sys/socket.h>

// Swift cannot call C variadics, so each argument type gets one typed door.
static inline CURLcode ccurl_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode ccurl_set_offset(CURL *handle, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode ccurl_set_pointer(CURL *handle, CURLoption option, const void *value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}
typedef size_t (*ccurl_receiver)(char *bytes, size_t size, size_t count, void *owner);
static inline CURLcode ccurl_set_receiver(CURL *handle, CURLoption option, ccurl_receiver value) {
    return curl_easy_setopt(handle, option, value);
}

// Swift does not import macros with casts.
static const long ccurl_global_all = CURL_GLOBAL_ALL;
static const size_t ccurl_pause = CURL_WRITEFUNC_PAUSE;

// Sockets of curl are not for the processes that this one starts.
static inline curl_socket_t ccurl_open_socket(void *owner, curlsocktype purpose, struct curl_sockaddr *address) {
    (void)owner, (void)purpose;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}
static inline CURLcode ccurl_close_sockets_on_exec(CURL *handle) {
    return curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, ccurl_open_socket);
}
