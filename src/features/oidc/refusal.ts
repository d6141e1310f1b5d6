/** Why somebody could not sign in. Each has words of its own for people. */
export type Refusal =
  | 'unavailable'
  | 'denied'
  | 'failed'
  | 'stale'
  | 'no-name'
  | 'bad-name'
  | 'taken'
  | 'no-account'
  | 'disabled'

export class OidcRefusal extends Error {
  readonly refusal: Refusal
  constructor(refusal: Refusal, message: string, options?: ErrorOptions) {
    super(message, options)
    this.refusal = refusal
  }
}
