import type { z } from 'zod';
import { ThirdPartyProviderError } from '../third-party-provider.error.js';

/**
 * Reads what a provider says of a person.
 * @throws ThirdPartyProviderError (`invalid-answer`) if it is not what the provider documents. The message names the members
 * that are wrong, and no value.
 */
export function readProfile<Schema extends z.ZodType>(
  providerId: string,
  schema: Schema,
  profile: unknown,
): z.infer<Schema> {
  const result = schema.safeParse(profile);
  if (!result.success) {
    const members = result.error.issues.map(({ path }) => path.join('.')).join(', ');
    throw new ThirdPartyProviderError(
      'invalid-answer',
      `The profile of ${providerId} lacks what it should say (${members})`,
    );
  }
  return result.data;
}
