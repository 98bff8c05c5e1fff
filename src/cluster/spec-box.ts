import { z } from 'zod';
import { knownBoxes } from '../artifacts/cloud-images.ts';
import { listChoices, map, text } from './spec-fields.ts';

const digestError = 'expected sha256: and 64, or sha512: and 128 hexadecimal digits';
/** The field `box` of the spec. */
export const boxField = z
  .union(
    [
      text('the name of a box or a file'),
      map({
        url: z
          .url({ protocol: /^https?$/, error: 'expected a URL that begins with http:// or https://' })
          .describe('Where a .box file is fetched from.'),
        digest: z
          .string(digestError)
          .regex(/^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/, digestError)
          .describe('What the file must be: sha256: or sha512: and the digits.'),
      }),
    ],
    'expected the name of a box, a file, or {url: URL, digest: DIGEST}',
  )
  .prefault('debian-12')
  .describe(`The operating system of the nodes: ${listChoices(knownBoxes)}, a local file or folder, or a URL with its digest.`);
