import {
  acceptBlobs,
  acceptCount,
  acceptDestinations,
  acceptEndpoint,
  acceptHost,
  acceptHosts,
  acceptNetworks,
  acceptOrigin,
  acceptOrigins,
  acceptPort,
  acceptRegion,
  acceptText,
  acceptYesNo,
  oneOf,
} from './accept.ts'
import { OIDC_SETTINGS } from './oidc-settings.ts'
import { setting } from './setting.ts'
import { acceptMailAddress, acceptSmtp } from './smtp.ts'

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const

export const WEB_PUSH = ['all', 'apps', 'off'] as const

/** Every setting there is. What is not in this table cannot be set. */
export const SETTINGS = {
  host: setting({
    variable: 'CLOUDLET_HOST',
    kind: 'text',
    flag: 'host',
    fallback: '127.0.0.1',
    summary: 'Address to listen on. `0.0.0.0` is every IPv4 address of this machine, `::` every address.',
    example: '0.0.0.0',
    accept: acceptHost,
  }),
  port: setting({
    variable: 'CLOUDLET_PORT',
    kind: 'port',
    flag: 'port',
    fallback: '8080',
    summary: 'Port to listen on. `0` takes any free one.',
    example: '8080',
    accept: acceptPort,
  }),
  dataFolder: setting({
    variable: 'CLOUDLET_DATA',
    kind: 'text',
    flag: 'data',
    fallback: './data',
    summary: 'Folder for everything Cloudlet keeps. It is made when it is missing.',
    example: '/srv/cloudlet',
    accept: acceptText,
  }),
  publicUrl: setting({
    variable: 'CLOUDLET_PUBLIC_URL',
    kind: 'url',
    summary:
      'Address by which people reach this server, such as `https://cloud.example.org`. Every link begins with it. Without it, links begin with the host that each request names.',
    example: 'https://cloud.example.org',
    accept: acceptOrigin,
  }),
  trustedProxies: setting({
    variable: 'CLOUDLET_TRUSTED_PROXIES',
    kind: 'list',
    fallback: '',
    summary:
      'Addresses or networks of your reverse proxies, with commas between them; `loopback` is this machine. Only they may say who the client is (`X-Forwarded-For`) and by which address it came.',
    example: 'loopback, 10.0.0.0/8',
    accept: acceptNetworks,
  }),
  databaseUrl: setting({
    variable: 'CLOUDLET_DATABASE_URL',
    kind: 'url',
    secret: true,
    summary: 'PostgreSQL database to use in place of SQLite in the data folder.',
    example: 'postgres://cloudlet:password@db.example.org/cloudlet',
    accept: acceptDatabaseUrl,
  }),
  blobs: setting({
    variable: 'CLOUDLET_BLOBS',
    kind: 'url',
    fallback: 'disk',
    summary:
      'Where the content of files is kept: `disk` is the folder `blobs` in the data folder, `s3://bucket/prefix` an S3-compatible object storage. It cannot be changed while there is content elsewhere; see [content on S3](../how-to/s3.md).',
    example: 's3://cloudlet-files',
    accept: acceptBlobs,
  }),
  s3Endpoint: setting({
    variable: 'CLOUDLET_S3_ENDPOINT',
    kind: 'url',
    summary: 'Address of the object storage. Without it, that of Amazon in the region.',
    example: 'https://s3.example.org',
    accept: acceptEndpoint,
  }),
  s3Region: setting({
    variable: 'CLOUDLET_S3_REGION',
    kind: 'text',
    summary:
      'Region of the bucket. Without it `us-east-1` at an endpoint of your own, else what the AWS configuration of this machine says.',
    example: 'eu-central-1',
    accept: acceptText,
  }),
  s3AccessKeyId: setting({
    variable: 'CLOUDLET_S3_ACCESS_KEY_ID',
    kind: 'text',
    secret: true,
    summary:
      'Access key of the object storage. Without it the usual sources of AWS programs count: variables, the shared configuration, the role of the machine.',
    example: 'AKIAIOSFODNN7EXAMPLE',
    accept: acceptText,
  }),
  s3SecretAccessKey: setting({
    variable: 'CLOUDLET_S3_SECRET_ACCESS_KEY',
    kind: 'text',
    secret: true,
    summary: 'Secret of that access key.',
    example: 'a long random text',
    accept: acceptText,
  }),
  s3PathStyle: setting({
    variable: 'CLOUDLET_S3_PATH_STYLE',
    kind: 'enum',
    summary:
      'Whether the bucket is named in the path (`yes`) or in the host name (`no`). Without it `yes` at an endpoint of your own, `no` at Amazon.',
    example: 'yes',
    accept: acceptYesNo,
  }),
  logLevel: setting({
    variable: 'CLOUDLET_LOG_LEVEL',
    kind: 'enum',
    fallback: 'info',
    summary: 'How much is logged: `debug` (every request), `info`, `warn` or `error`.',
    example: 'info',
    accept: oneOf(LOG_LEVELS),
  }),
  adminUser: setting({
    variable: 'CLOUDLET_ADMIN_USER',
    kind: 'text',
    fallback: 'admin',
    summary: 'Name of the administrator that the first start makes.',
    example: 'admin',
    accept: acceptText,
  }),
  adminPassword: setting({
    variable: 'CLOUDLET_ADMIN_PASSWORD',
    kind: 'text',
    secret: true,
    summary: 'Password of the administrator that the first start makes. Without it one is made up and printed once.',
    example: 'a long password',
    accept: acceptText,
  }),
  metricsToken: setting({
    variable: 'CLOUDLET_METRICS_TOKEN',
    kind: 'text',
    secret: true,
    summary: 'Bearer token for `/metrics`, 16 characters or more. Without it only this machine itself may read them.',
    example: 'a long random text',
    accept: acceptToken,
  }),
  corsOrigins: setting({
    variable: 'CLOUDLET_CORS_ORIGINS',
    kind: 'list',
    fallback: '',
    summary: 'Origins of web pages elsewhere that may call the API, with commas between them. Empty: none.',
    example: 'https://app.example.org',
    accept: acceptOrigins,
  }),
  directLinkSeconds: setting({
    variable: 'CLOUDLET_DIRECT_LINK_SECONDS',
    kind: 'text',
    fallback: '86400',
    summary: 'How long a direct link to a file opens it, in seconds, and the longest life that a client may ask for.',
    example: '28800',
    accept: acceptCount,
  }),
  propfindLimit: setting({
    variable: 'CLOUDLET_PROPFIND_LIMIT',
    kind: 'text',
    fallback: '100000',
    summary:
      'Most entries that a WebDAV client may list at once with `Depth: infinity`; beyond, it is told to go folder by folder.',
    example: '10000',
    accept: acceptCount,
  }),
  outgoingAllowed: setting({
    variable: 'CLOUDLET_OUTGOING_ALLOWED',
    kind: 'list',
    fallback: '',
    summary:
      'Host names, addresses or networks, with commas between them, that this server may call for its users although they are not on the public Internet: a push service in your own network. `loopback` is this machine. What is listed may be called without TLS.',
    example: 'push.lan, 10.20.0.0/16',
    accept: acceptDestinations,
  }),
  pushProxies: setting({
    variable: 'CLOUDLET_PUSH_PROXIES',
    kind: 'list',
    fallback: '',
    summary:
      'Hosts of the push proxies at which phones may be registered, with commas between them. Empty: no push through Google and Apple.',
    example: 'push.example.org',
    accept: acceptHosts,
  }),
  webPush: setting({
    variable: 'CLOUDLET_WEB_PUSH',
    kind: 'enum',
    fallback: 'all',
    summary: 'Who may ask for web push: `all`, `apps` (those with an app password, no browsers) or `off`.',
    example: 'apps',
    accept: oneOf(WEB_PUSH),
  }),
  smtp: setting({
    variable: 'CLOUDLET_SMTP_URL',
    kind: 'url',
    secret: true,
    summary:
      'Mail server: `smtps://user:password@host` is TLS from the beginning, `smtp://user:password@host` turns to TLS and sends no password without it; see [mail](../how-to/mail.md). Needs `CLOUDLET_PUBLIC_URL`. Without it nothing is offered that needs mail.',
    example: 'smtps://cloud:password@mail.example.org',
    accept: acceptSmtp,
  }),
  mailFrom: setting({
    variable: 'CLOUDLET_MAIL_FROM',
    kind: 'text',
    summary: 'Address that mail comes from. Without it `cloudlet@` and the host of `CLOUDLET_PUBLIC_URL`.',
    example: 'cloud@example.org',
    accept: acceptMailAddress,
  }),
  phoneRegion: setting({
    variable: 'CLOUDLET_PHONE_REGION',
    kind: 'text',
    summary:
      'Country, as its two letters, whose phone numbers people may enter without the code of the country. Without it every number begins with `+`.',
    example: 'DE',
    accept: acceptRegion,
  }),
  passwordLogin: setting({
    variable: 'CLOUDLET_PASSWORD_LOGIN',
    kind: 'enum',
    fallback: 'yes',
    summary:
      'Whether passwords that are kept here sign in (`yes`), or only the identity provider does (`no`). App passwords go on either way.',
    example: 'no',
    accept: acceptYesNo,
  }),
  ...OIDC_SETTINGS,
} as const

export type SettingName = keyof typeof SETTINGS

function acceptDatabaseUrl(text: string): string {
  if (!/^postgres(?:ql)?:\/\//.test(text) || !URL.canParse(text)) {
    throw new Error('must be postgres://user:password@host/database')
  }
  return text
}

function acceptToken(text: string): string {
  if (text.length < 16) throw new Error('must have 16 characters or more')
  return text
}
