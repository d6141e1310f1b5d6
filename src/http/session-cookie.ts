/** The `__Host-` prefix makes browsers insist on https, on our very host and on the whole path (RFC 6265bis 4.1.3.2). */
export function sessionCookieName(isHttps: boolean): string {
  return isHttps ? '__Host-cloudlet_session' : 'cloudlet_session'
}

/** `Set-Cookie` for the session: no script reads it, no other site's form sends it along. */
export function sessionCookieHeader(value: string, isHttps: boolean): string {
  return `${sessionCookieName(isHttps)}=${value}; Path=/; HttpOnly; SameSite=Lax${isHttps ? '; Secure' : ''}`
}

/** `Set-Cookie` that ends it. */
export function endedSessionCookieHeader(isHttps: boolean): string {
  return `${sessionCookieHeader('', isHttps)}; Max-Age=0`
}
