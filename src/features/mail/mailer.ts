import type { SmtpServer } from '../../config/load.ts'
import { Fault } from '../../lib/fault.ts'
import type { Log } from '../../lib/log.ts'
import { createHtmlLetter } from './html-letter.ts'

/** One mail to one person: paragraphs, and below them an address to open, if there is one. */
export interface Letter {
  readonly to: string
  readonly toName: string
  readonly subject: string
  /** BCP 47 tag. */
  readonly language: string
  readonly paragraphs: readonly string[]
  readonly action?: { readonly label: string; readonly url: string }
  /** In small letters at the end. */
  readonly closing?: string
}

export interface Mailer {
  /** Whether there is a mail server. Without one nothing may be offered that needs mail. */
  readonly isOffered: boolean
  /**
   * Hands a letter to the mail server; takes as long as that server does, so it belongs into a job. Resolves to false when
   * it refused this letter for good: trying again is of no use. Throws Fault `unavailable`.
   */
  send(letter: Letter, signal?: AbortSignal): Promise<boolean>
}

export interface MailerDeps {
  readonly smtp: SmtpServer | undefined
  /** Address in `From`. */
  readonly mailFrom: string | undefined
  /** Where people reach this server; there is one when there is a mail server. */
  readonly publicUrl: string | undefined
  readonly siteName: () => Promise<string>
  readonly log: Log
}

const CONNECT_MS = 10_000
const SILENCE_MS = 30_000

export function createMailer({ smtp, mailFrom, publicUrl, siteName, log }: MailerDeps): Mailer {
  const host = new URL(publicUrl ?? 'http://localhost').hostname
  return {
    isOffered: smtp !== undefined,
    async send(letter, signal) {
      if (smtp === undefined) throw new Fault('unavailable', 'No mail server is set: CLOUDLET_SMTP_URL')
      const site = headerText(await siteName())
      const transport = await openTransport(smtp, host)
      const stop = (): void => transport.close()
      signal?.addEventListener('abort', stop, { once: true })
      try {
        await transport.sendMail({
          from: { name: site, address: mailFrom ?? `cloudlet@${host}` },
          to: { name: headerText(letter.toName), address: letter.to },
          subject: headerText(letter.subject),
          text: plainText(letter, site),
          html: createHtmlLetter(letter, site),
          // No robot answers it, and no robot's answer comes back (RFC 3834 section 5).
          headers: { 'Auto-Submitted': 'auto-generated' },
          disableFileAccess: true,
          disableUrlAccess: true,
        })
        return true
      } catch (error) {
        if (isRefusedForGood(error)) {
          log.warn({ err: error }, 'The mail server refused a letter')
          return false
        }
        throw new Fault(
          'unavailable',
          `The mail server did not take the letter: ${(error as Error).message}`,
          {},
          {
            cause: error,
          },
        )
      } finally {
        signal?.removeEventListener('abort', stop)
        transport.close()
      }
    },
  }
}

/** Loaded with the first letter. */
async function openTransport(smtp: SmtpServer, name: string) {
  const { createTransport } = await import('nodemailer')
  const { host, port, isTls, user, password, tls } = smtp
  return createTransport({
    host,
    port,
    name,
    secure: isTls,
    // A password never goes over the wire in the open, whatever the server says it cannot do.
    requireTLS: tls === 'required',
    ignoreTLS: tls === 'off',
    ...(user === undefined ? {} : { auth: { user, pass: password ?? '' } }),
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
  })
}

/** A code of 5xx to the address or the letter (RFC 5321 section 4.2.1). One to the sign-in is for the administrator to mend. */
function isRefusedForGood(error: unknown): boolean {
  const { responseCode = 0, code } = error as { responseCode?: number; code?: string }
  return responseCode >= 500 && (code === 'EENVELOPE' || code === 'EMESSAGE')
}

/** Names and titles are one line each: nothing in them begins another header. */
function headerText(text: string): string {
  return text.replace(/[\p{C}\u2028\u2029]+/gu, ' ').trim()
}

function plainText({ paragraphs, action, closing }: Letter, site: string): string {
  const parts = [
    ...paragraphs,
    ...(action === undefined ? [] : [action.url]),
    ...(closing === undefined ? [] : [closing]),
  ]
  return `${[...parts, `-- \n${site}`].join('\n\n')}\n`
}
