import { crashAtEveryPoint } from './points.ts'

crashAtEveryPoint('sqlite', 's3')
crashAtEveryPoint('postgres', 's3')
