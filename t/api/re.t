# tags: prefork hardlua
# ngx.re and require "ngx.re": what stands in lua-nginx-module's documentation,
# wrong arguments, invalid UTF-8, NUL bytes, large subjects, and functions of
# gsub that wait.  What nginx can be asked is in t/compare/cases/re.

use LuaCo::Test;

# The whole answers of re_cases.lua, below.
my %body;
{
    for my $part (split /^== /m, do { local $/; <DATA> }) {
        $body{$1} = $2 if $part =~ /\A(\w+)\n(.*)\z/s;
    }
}

for my $name (sort keys %body) {
    for my $where ('handler', 'access') {
        next if $where eq 'access' && $name =~ /^(?:big|wrong|dropped|finalizers)$/;
        next if $name eq 'big' && $ENV{LUACO_VARIANT} =~ /tsan|asan|hard/;
        # Lua 5.3 with its own checks stops at finalizers that join strings
        # while it collects at each allocation, without any module.
        next if $name eq 'finalizers' && $ENV{LUACO_VARIANT} eq 'hard';
        my $r = get("/api/re/$where?case=$name");
        is $r->status, 200, "$name in $where: status";
        is $r->body, $body{$name}, "$name in $where";
    }
}

# From the cache and twice in a row: the answers stay.
for my $opts ('jo', 'o', '') {
    is get("/api/re/handler?case=ended&opts=$opts")->body, $body{ended},
        "ended while it waits, options '$opts'";
}
is get('/api/re/handler?case=waits')->body, $body{waits}, 'and goes on';

subtest 'templates are explained in the log' => sub {
    my $log = error_log();
    get('/api/re/handler?case=templates');
    for my $line (
        'the closing bracket in "1" variable is missing',
        'the closing bracket in "x" variable is missing',
        'attempt to use named capturing variable "x" '
        . '(named captures not supported yet)',
        'lua script: invalid capturing variable name found in "$"',
        'lua script: invalid capturing variable name found in "a$ "',
        'lua script: invalid capturing variable name found in "${}"',
        )
    {
        ok $log->wait_for(qr/luaco:error.*\Q$line\E$/), $line;
    }
};

subtest 'LuaCoLog' => sub {
    my $log = error_log();
    get('/api/re/log');
    ok $log->wait_for(
        qr/re: a<b>c abbc .*API disabled in the context of LuaCoLog\.$/),
        'all of it but waiting';
    ok $log->wait_for(qr/attempt to use named capturing variable "name"/),
        'templates are explained';
};

done_testing;

__DATA__
== documented
1234 1 234 234
hello false hello false false
table hello world
234 5
9 11
hello, [12][1]34 1
[hello,h], [world,w] 2
hello, $234 1
== wrong
match false bad argument #2 to '?' (string expected, got number)
match false bad argument #2 to '?' (string expected, got number)
match false bad argument #2 to '?' (string expected, got number)
match false bad argument #2 to '?' (string expected, got boolean)
match false bad argument #2 to '?' (string expected, got table)
match false bad argument #2 to '?' (string expected, got function)
match false bad argument #2 to '?' (string expected, got userdata)
match false bad argument #2 to '?' (string expected, got nil)
match false bad argument #2 to '?' (string expected, got nil)
match false bad argument #3 to '?' (string expected, got number)
match false bad argument #3 to '?' (string expected, got boolean)
match false bad argument #3 to '?' (string expected, got function)
match false bad argument #3 to '?' (string expected, got table)
match false bad argument #3 to '?' (string expected, got userdata)
find false bad argument #2 to '?' (string expected, got number)
find false bad argument #2 to '?' (string expected, got number)
find false bad argument #2 to '?' (string expected, got number)
find false bad argument #2 to '?' (string expected, got boolean)
find false bad argument #2 to '?' (string expected, got table)
find false bad argument #2 to '?' (string expected, got function)
find false bad argument #2 to '?' (string expected, got userdata)
find false bad argument #2 to '?' (string expected, got nil)
find false bad argument #2 to '?' (string expected, got nil)
find false bad argument #3 to '?' (string expected, got number)
find false bad argument #3 to '?' (string expected, got boolean)
find false bad argument #3 to '?' (string expected, got function)
find false bad argument #3 to '?' (string expected, got table)
find false bad argument #3 to '?' (string expected, got userdata)
gmatch false bad argument #2 to '?' (string expected, got number)
gmatch false bad argument #2 to '?' (string expected, got number)
gmatch false bad argument #2 to '?' (string expected, got number)
gmatch false bad argument #2 to '?' (string expected, got boolean)
gmatch false bad argument #2 to '?' (string expected, got table)
gmatch false bad argument #2 to '?' (string expected, got function)
gmatch false bad argument #2 to '?' (string expected, got userdata)
gmatch false bad argument #2 to '?' (string expected, got nil)
gmatch false bad argument #2 to '?' (string expected, got nil)
gmatch false bad argument #3 to '?' (string expected, got number)
gmatch false bad argument #3 to '?' (string expected, got boolean)
gmatch false bad argument #3 to '?' (string expected, got function)
gmatch false bad argument #3 to '?' (string expected, got table)
gmatch false bad argument #3 to '?' (string expected, got userdata)
match false bad argument #4 to '?' (table expected, got number)
match false bad argument #4 to '?' (table expected, got string)
match false bad argument #4 to '?' (table expected, got boolean)
match false bad argument #4 to '?' (table expected, got function)
match false bad argument #4 to '?' (table expected, got userdata)
match false bad argument #4 to '?' (number expected in field 'pos', got string)
match false bad argument #4 to '?' (number expected in field 'pos', got table)
match nil pcre_exec() failed: -33
match nil pcre_exec() failed: -33
match nil pcre_exec() failed: -33
match nil pcre_exec() failed: -33
match nil pcre_exec() failed: -33
match table
match table
match table
match table
match table
find false bad argument #4 to '?' (table expected, got number)
find false bad argument #4 to '?' (table expected, got string)
find false bad argument #4 to '?' (table expected, got boolean)
find false bad argument #4 to '?' (table expected, got function)
find false bad argument #4 to '?' (table expected, got userdata)
find false bad argument #4 to '?' (number expected in field 'pos', got string)
find false bad argument #4 to '?' (number expected in field 'pos', got table)
find nil nil pcre_exec() failed: -33
find nil nil pcre_exec() failed: -33
find nil nil pcre_exec() failed: -33
find nil nil pcre_exec() failed: -33
find nil nil pcre_exec() failed: -33
find number
find number
find number
find number
find number
find false bad argument #5 to 'find' (number expected, got string)
find false bad argument #5 to 'find' (number expected, got table)
find false bad argument #5 to 'find' (number expected, got boolean)
find 1 1
find 1 1
find 1 1
find 1 1
find nil nil nth out of bound
find nil nil nth out of bound
find nil nil nth out of bound
match false bad argument #5 to 'match' (table expected, got string)
sub false bad argument #2 to '?' (string expected, got nil)
sub false bad argument #2 to '?' (string expected, got number)
sub false bad argument #4 to '?' (string expected, got number)
sub false bad argument #4 to '?' (string expected, got boolean)
anilc 1
afalsec 1
sub true nil
sub false table
gsub false bad argument #2 to '?' (string expected, got nil)
gsub false bad argument #2 to '?' (string expected, got number)
gsub false bad argument #4 to '?' (string expected, got number)
gsub false bad argument #4 to '?' (string expected, got boolean)
anilc 1
afalsec 1
gsub true nil
gsub false table
false own
== compile
nil pcre2_compile() failed: missing closing parenthesis in "(a"
nil nil pcre2_compile() failed: missing closing parenthesis in "(a"
nil pcre2_compile() failed: unmatched closing parenthesis in "a)b" at ")b"
nil nil pcre2_compile() failed: missing terminating ] for character class in "["
nil nil pcre2_compile() failed: missing closing parenthesis in "(a"
nil nil pcre2_compile() failed: missing closing parenthesis in "(a"
nil true
255
pcre2_compile() failed: UTF-8 error
1 1
== utf8
nil pcre_exec() failed: -4
nil nil pcre_exec() failed: -23
nil nil pcre_exec() failed: -23
nil nil pcre_exec() failed: -23
nil pcre_exec() failed: -10
nil pcre_exec() failed: -36
你
true
-你-好- 3
-你-好- 3
-你-好- 3
4
xx 2
你 好
nil pcre_exec() failed: -23
== nul
c
3 3
4
false unknown flag "" (flags "j")
== big
nil
1835008
786432
700000 100000
2097152 2097152
nil pcre_exec() failed: -63
300 d 300 300
nil pcre_exec() failed: -8
== waits
<a><b><c> 3
<a><b><c> 3
a<b>c 1
false later
<a><a><b><b><c><c> 3
375
a b 12 2
== ended
1
done
== dropped
done
== finalizers
true
== iterator
a
b
true c
nil nil
== meta
bc 4
2 2
false no
== nested
aBc 1
== templates
nil nil failed to compile the replacement template
nil nil failed to compile the replacement template
nil nil failed to compile the replacement template
nil nil failed to compile the replacement template
nil nil failed to compile the replacement template
nil nil failed to compile the replacement template
nil nil failed to compile the replacement template
nil nil pcre2_compile() failed: missing closing parenthesis in "("
== split
a|,|b|,|c|,|d
a|b|c|d
c|d
a|b|c,d
nil pcre2_compile() failed: missing closing parenthesis in "("
nil pcre_exec() failed: -23
bad argument #4 to 'split' (table expected, got number)
bad argument #4 to 'split' (number expected in field 'pos', got string)
bad argument #5 to 'split' (number expected, got string)
res is not a table
bad argument #2 to 'split' (string expected, got number)
unknown flag "q" (flags "q")


a|b
a|b
== opt
changing jit stack size is not allowed when some regexs have already been compiled and cached
unrecognized option name
unrecognized option name
