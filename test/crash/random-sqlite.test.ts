import { crashUnderLoad } from './random.ts'

crashUnderLoad('sqlite')
