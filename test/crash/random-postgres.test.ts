import { crashUnderLoad } from './random.ts'

crashUnderLoad('postgres')
