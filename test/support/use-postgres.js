// Makes the tests of a Jest project run on PostgreSQL: see test-storage.ts.
process.env['NESTWARD_TEST_STORAGE'] = 'postgres';
