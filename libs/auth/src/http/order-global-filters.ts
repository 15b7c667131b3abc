import type { ExceptionFilter, Type } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';

/** The metadata key under which Nest keeps what `@Catch()` names. */
const NEST_CAUGHT_TYPES = '__filterCatchExceptions__';

/**
 * Lets filters of the library be asked before an app's filter for everything, which Nest would ask first where the app
 * adds it with `useGlobalFilters`: it would turn "there is no session" into whatever it makes of an unknown error. A filter
 * that names one of the exceptions is the app's wish, and comes first. To be called before Nest registers the routes.
 *
 * @param filters the library's.
 * @param exceptions the base classes of what they catch.
 */
export function orderGlobalFilters(
  applicationConfig: ApplicationConfig,
  filters: readonly Type<ExceptionFilter>[],
  exceptions: readonly (abstract new (...parameters: never[]) => Error)[],
): void {
  // Nest asks the last one first.
  const all = applicationConfig.getGlobalFilters();
  const isOwn = (filter: ExceptionFilter): boolean => filters.some((type) => filter.constructor === type);
  const isWish = (filter: ExceptionFilter): boolean =>
    caughtTypesOf(filter).some((caught) =>
      exceptions.some((exception) => caught === exception || caught.prototype instanceof exception),
    );
  const rankOf = (filter: ExceptionFilter): number => (isOwn(filter) ? 1 : isWish(filter) ? 2 : 0);
  all.sort((a, b) => rankOf(a) - rankOf(b));
}

function caughtTypesOf(filter: ExceptionFilter): { readonly prototype: unknown }[] {
  const caught: unknown = Reflect.getMetadata(NEST_CAUGHT_TYPES, filter.constructor);
  const types: unknown[] = Array.isArray(caught) ? caught : [];
  return types.filter((type) => typeof type === 'function');
}
