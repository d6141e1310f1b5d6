import type { Feature } from '../feature.ts'
import { mailCommands } from './cli.ts'
import { createMailer, type Mailer, type MailerDeps } from './mailer.ts'

export type { Letter, Mailer } from './mailer.ts'

/** Mail to people, over the server that the administrator names. Without one nothing of it is offered. */
export function createMail(deps: MailerDeps): { readonly mailer: Mailer; readonly feature: Feature } {
  const mailer = createMailer(deps)
  return { mailer, feature: { name: 'mail', commands: mailCommands(mailer) } }
}
