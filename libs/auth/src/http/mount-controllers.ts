import { Controller, VERSION_NEUTRAL, type Type } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';
import { RequestMethod } from '@nestjs/common';
import type { UrlPath } from '../config/url-path.js';

/** The metadata key under which Nest keeps the path of a controller and of a handler. */
const NEST_PATH = 'path';

/**
 * Makes controllers for a base path: subclasses, so that two apps in one process can have different ones. They have no
 * version, so that URI versioning puts nothing before the path.
 */
export function mountControllers(controllers: readonly Type[], basePath: UrlPath): Type[] {
  return controllers.map((controller) => {
    const mounted = class extends controller {};
    Object.defineProperty(mounted, 'name', { value: controller.name });
    Controller({ path: basePath, version: VERSION_NEUTRAL })(mounted);
    return mounted;
  });
}

/**
 * Keeps the app's global prefix away from mounted controllers: a base path is the whole path, because it is what the
 * clients are configured with. To be called before Nest registers the routes.
 */
export function excludeFromGlobalPrefix(controllers: readonly Type[], applicationConfig: ApplicationConfig): void {
  const routes = controllers.flatMap(getRoutePaths);
  const options = applicationConfig.getGlobalPrefixOptions();
  applicationConfig.setGlobalPrefixOptions({
    ...options,
    exclude: [
      ...(options.exclude ?? []),
      ...routes.map((path) => ({ path, requestMethod: RequestMethod.ALL, pathRegex: toRegExp(path) })),
    ],
  });
}

function getRoutePaths(controller: Type): string[] {
  const basePath = [Reflect.getMetadata(NEST_PATH, controller)].flat().map(String);
  return getHandlers(controller).flatMap((handler) =>
    [Reflect.getMetadata(NEST_PATH, handler) as string | string[]]
      .flat()
      .flatMap((path) => basePath.map((base) => joinPaths(base, path))),
  );
}

function getHandlers(controller: Type): object[] {
  const prototypes: object[] = [];
  for (
    let prototype: unknown = controller.prototype;
    typeof prototype === 'object' && prototype !== null && prototype !== Object.prototype;
    prototype = Object.getPrototypeOf(prototype)
  ) {
    prototypes.push(prototype);
  }
  return prototypes
    .flatMap((prototype) => Object.values(Object.getOwnPropertyDescriptors(prototype)))
    .map(({ value }: PropertyDescriptor): unknown => value)
    .filter((value): value is object => typeof value === 'function' && Reflect.hasMetadata(NEST_PATH, value));
}

/** The path of a handler, which may be nothing but its controller's. */
function joinPaths(...paths: readonly string[]): string {
  const segments = paths.flatMap((path) => path.split('/')).filter((segment) => segment !== '');
  return `/${segments.join('/')}`;
}

/** A path as Nest asks about it has its parameters still as `:name`. */
function toRegExp(path: string): RegExp {
  const source = path
    .split('/')
    .map((segment) => (segment.startsWith(':') ? '[^/]+' : segment.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')))
    .join('/');
  return new RegExp(`^${source}/?$`);
}
