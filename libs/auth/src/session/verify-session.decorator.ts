import { applyDecorators, SetMetadata, UseGuards } from '@nestjs/common';
import { SESSION_REQUIREMENT } from './session-requirement.js';
import type { SessionContainer } from './session-container.js';
import { SessionGuard } from './session.guard.js';
import type { OptionalSessionOptions, VerifySessionOptions } from './session.service.js';

/** Whether a parameter can take the `undefined` of a request without a session. Other parameters than sessions always can. */
type AcceptsMissingSession<Parameter> = [SessionContainer] extends [Parameter]
  ? undefined extends Parameter
    ? true
    : false
  : true;

/** What is wrong with a handler whose session is optional, or `unknown` where nothing is. */
type CheckHandler<Handler> = Handler extends (...parameters: infer Parameters) => unknown
  ? false extends { [Index in keyof Parameters]: AcceptsMissingSession<Parameters[Index]> }[number & keyof Parameters]
    ? { 'The session is optional here: its parameter must be of type': SessionContainer | undefined }
    : unknown
  : unknown;

/** Decorates a route whose session is optional; the compiler checks that the handler knows it. */
export interface OptionalSessionDecorator {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- the type of a class, as in TypeScript's own ClassDecorator
  (target: Function): void;
  <Handler>(
    target: object,
    propertyKey: string | symbol,
    descriptor: TypedPropertyDescriptor<Handler> & CheckHandler<Handler>,
  ): void;
}

/**
 * Guards a controller or a handler with {@link SessionGuard}, and says what it asks of the session. On a handler it takes
 * the place of what the controller says.
 *
 * With `sessionRequired: false` the handler's session must be of type `SessionContainer | undefined`.
 */
export function VerifySession(options: OptionalSessionOptions): OptionalSessionDecorator;
export function VerifySession(options?: VerifySessionOptions): ClassDecorator & MethodDecorator;
export function VerifySession(options: VerifySessionOptions = {}): ClassDecorator & MethodDecorator {
  return applyDecorators(SetMetadata(SESSION_REQUIREMENT, options), UseGuards(SessionGuard));
}
