import type { Command } from '../../cli/command.ts'
import { Fault } from '../../lib/fault.ts'
import type { Mailer } from './mailer.ts'

export function mailCommands(mailer: Mailer): Command[] {
  return [
    {
      name: 'mail:test',
      summary: 'Send a mail, to see whether the mail server takes it',
      args: [{ name: 'address', summary: 'Where to send it' }],
      async run(input, out) {
        const to = input.args['address'] ?? ''
        if (!/^[^\s@<>(),;:"\\[\]]+@[^\s@<>(),;:"\\[\]]+$/.test(to)) {
          throw new Fault('bad-request', `"${to}" is no mail address`, { reason: 'usage' })
        }
        if (!mailer.isOffered) {
          throw new Fault('bad-request', 'No mail server is set. Set CLOUDLET_SMTP_URL', { reason: 'setting' })
        }
        const isTaken = await mailer.send({
          to,
          toName: '',
          subject: 'A test',
          language: 'en',
          paragraphs: ['This server can send mail.'],
        })
        if (!isTaken) throw new Fault('conflict', `The mail server does not take mail for ${to}`)
        out.result({ address: to, sent: true }, [`The mail server took a mail for ${to}`])
      },
    },
  ]
}
