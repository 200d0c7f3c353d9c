// The parameters in the paths of one export.
import { z } from 'zod';
import { idSchema } from '../../../shared/platform/ids';

export const exportParams = z.object({ exportId: idSchema });
