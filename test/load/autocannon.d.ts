declare module 'autocannon' {
  interface Result {
    readonly requests: { readonly average: number }
    readonly latency: { readonly p99: number }
    readonly non2xx: number
    readonly errors: number
    readonly timeouts: number
  }
  interface Options {
    readonly url: string
    readonly headers: Record<string, string>
    readonly connections: number
    /** Seconds. */
    readonly duration: number
  }
  const autocannon: (options: Options) => Promise<Result>
  // biome-ignore lint/style/noDefaultExport: the package has one
  export default autocannon
}
