/** A way in besides the password, which another feature brings along. */
export interface OtherWay {
  /** What its button says. */
  readonly label: string
  /** Where the browser begins; takes `redirect_url`, and `again=1` to prove anew who it is. */
  readonly path: string
  /** Where a session that came this way is ended as well; undefined for others. */
  signOutUrl(sessionKey: string, returnTo: string): Promise<URL | undefined>
}
