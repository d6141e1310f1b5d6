import { after } from 'node:test'
import { stopSharedStub } from '../helpers/blob-stores.ts'
import { stopSharedPostgres } from '../helpers/postgres.ts'
import { crashWhilePushing, killOneOfTwoNodes } from './push.ts'

crashWhilePushing()
killOneOfTwoNodes()
after(stopSharedPostgres)
after(stopSharedStub)
