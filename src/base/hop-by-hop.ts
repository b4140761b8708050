/** Headers of one connection, which are not passed on with the message (RFC 9110, 7.6.1). In lower case. */
export const hopByHop: ReadonlySet<string> = new Set(['connection', 'proxy-connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'te', 'trailer', 'transfer-encoding', 'upgrade']);
