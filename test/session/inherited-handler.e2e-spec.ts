import { Controller, Get, UseGuards } from '@nestjs/common';
import { Public, SessionGuard } from 'nestward';
import { startTestApp, type TestApp } from '../support/create-app.js';

abstract class GreetingController {
  @Get()
  @UseGuards(SessionGuard)
  greet(): { greeting: string } {
    return { greeting: 'Hello' };
  }
}

@Controller('members')
class MembersController extends GreetingController {}

@Public()
@Controller('visitors')
class VisitorsController extends GreetingController {}

describe('a handler that two controllers inherit', () => {
  let test: TestApp;

  beforeAll(async () => {
    test = await startTestApp({ controllers: [MembersController, VisitorsController] });
  });

  afterAll(() => test.close());

  it('asks of a session what the controller says that is called, whichever came first', async () => {
    const statuses: number[] = [];
    for (const path of ['members', 'visitors', 'members', 'visitors']) {
      statuses.push((await fetch(`${test.url}/${path}`)).status);
    }
    expect(statuses).toEqual([401, 200, 401, 200]);
  });
});
