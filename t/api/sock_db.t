# tags: prefork
# Cosockets and real databases, through small clients in t/api/lua.

use LuaCo::Test;

use LuaCo::Database;

my $mariadb  = LuaCo::Database->mariadb(port => port('mariadb'));
my $postgres = LuaCo::Database->postgres(port => port('postgres'));

sub row {
    my ($name, $uri, $queries, $body) = @_;
    return {
        name      => $name,
        method    => 'POST',
        uri       => "/api/sock_db/$uri",
        body_sent => $queries,
        body      => $body,
    };
}

# What the .conf makes of a long value.
sub long {
    my ($text) = @_;
    require Compress::Zlib;
    return length($text) . ' ' . Compress::Zlib::crc32($text);
}

requests(
    row('MariaDB: tables', 'mysql', <<'SQL', <<'OUT' . "0 1\n"),
CREATE TABLE a (n INT PRIMARY KEY, t VARCHAR(40))
INSERT INTO a VALUES (1, 'one'), (2, NULL), (3, '')
SELECT n, t FROM a ORDER BY n
UPDATE a SET t = 'x' WHERE n > 1
DROP TABLE a
SQL
0
3
1 one
2 NULL
3 
2
0
OUT
    row('MariaDB: errors, and it goes on', 'mysql', <<'SQL',
SELEC 1
SELECT * FROM nothing
SELECT 'still there'
SQL
        qr/^1064\ 42000:\ You\ have\ an\ error\ in\ your\ SQL\ syntax.*\n
            1146\ 42S02:\ Table\ 'test\.nothing'\ doesn't\ exist\n
            still\ there\n\d\ 1\n$/x),
    row('MariaDB: the wrong password', 'mysql?password=wrong', "SELECT 1\n",
        qr/^1045 28000: Access denied for user 'luaco'/),
    row('MariaDB: 20 MB, in two packets', 'mysql',
        "SELECT REPEAT('0123456789', 2000000), 'end'\n",
        qr/^\Q${\long('0123456789' x 2000000)}\E end\n\d 1\n$/),
    row('MariaDB: 20 MB there', 'mysql',
        "SELECT LENGTH('" . 'x' x 20000000 . "')\n", qr/^20000000\n\d 1\n$/),
    row('MariaDB: 10,000 rows', 'mysql',
        "SELECT seq FROM seq_1_to_10000\n",
        qr/^\Q${\join("\n", 1 .. 10000)}\E\n\d 1\n$/),
    row('MariaDB: the socket file', 'mysql?unix=' . $mariadb->unix,
        "SELECT 'hello', NULL\n", "hello NULL\n0 1\n"),
    row('MariaDB: many', 'mysql/many', '', 55 * 210 . "\n"),
    row('MariaDB: one waits', 'mysql/sleep', '', "42\nrunning\ngot it\n"),

    row('PostgreSQL: tables', 'pgsql', <<'SQL', <<'OUT' . "0 1\n"),
CREATE TABLE a (n INT PRIMARY KEY, t VARCHAR(40))
INSERT INTO a VALUES (1, 'one'), (2, NULL), (3, '')
SELECT n, t FROM a ORDER BY n
UPDATE a SET t = 'x' WHERE n > 1
DROP TABLE a
SQL
CREATE TABLE
INSERT 0 3
1 one
2 NULL
3 
UPDATE 2
DROP TABLE
OUT
    row('PostgreSQL: errors, and it goes on', 'pgsql', <<'SQL',
SELEC 1
SELECT * FROM nothing
SELECT 'still there'
SQL
        qr/^ERROR\ 42601:\ syntax\ error\ at\ or\ near\ "SELEC"\n
            ERROR\ 42P01:\ relation\ "nothing"\ does\ not\ exist\n
            still\ there\n\d\ 1\n$/x),
    row('PostgreSQL: the wrong password', 'pgsql?password=wrong', "SELECT 1\n",
        "FATAL 28P01: password authentication failed for user \"luaco\"\n"),
    row('PostgreSQL: without a password', 'pgsql?user=trusted',
        "SELECT current_user\n", qr/^trusted\n/),
    row('PostgreSQL: 20 MB', 'pgsql',
        "SELECT repeat('0123456789', 2000000), 'end'\n",
        qr/^\Q${\long('0123456789' x 2000000)}\E end\n\d 1\n$/),
    row('PostgreSQL: 10,000 rows', 'pgsql',
        "SELECT * FROM generate_series(1, 10000)\n",
        qr/^\Q${\join("\n", 1 .. 10000)}\E\n\d 1\n$/),
    row('PostgreSQL: the socket file', 'pgsql?unix=' . $postgres->unix,
        "SELECT 'hello', NULL\n", "hello NULL\n0 1\n"),
    row('PostgreSQL: many', 'pgsql/many', '', 55 * 210 . "\n"),
    row('PostgreSQL: one waits', 'pgsql/sleep', '', "42\nrunning\ngot it\n"),
);

# Of one connection: one VM and so one pool.
for my $server (['mysql', $mariadb], ['pgsql', $postgres]) {
    my ($client, $db) = @$server;
    subtest "$client: it goes away" => sub {
        my $c   = raw();
        my $ask = sub {
            $c->request('POST', "/api/sock_db/$client",
                body => "SELECT 1\n");
            return $c->response->body;
        };
        $ask->();
        like $ask->(), qr/^1\n[1-9]\d* 1\n$/, 'a connection of the pool';
        $db->stop;
        my $said;
        for (1 .. 100) {
            $said = $ask->();
            last if $said eq "connection refused\n";
        }
        is $said, "connection refused\n", 'those of the pool are gone';
    };
}

done_testing;
