package LuaCo::Certs;

# Certificates for the TLS peers of tests, beside those of the server:
#
#     LuaCo::Certs::make($dir);
#
# makes in DIR, by the authority ca.crt: NAME.crt and NAME.key of good,
# expired, revoked (in revoked.crl, which has no others) and client, and
# chain.crt, which has good's under an authority of its own in between; and
# selfsigned.crt by nobody.  Their subject's name is NAME.test.

use strict;
use warnings;

use Exporter 'import';

use LuaCo::Util qw(slurp spew);

our @EXPORT_OK = qw(make);

sub make {
    my ($dir) = @_;
    return if -s "$dir/revoked.crl";
    mkdir $dir;
    spew("$dir/peers.cnf", <<'CNF');
[req]
distinguished_name = name
prompt = no
[name]
CN = mod_luaco peers
[authority]
basicConstraints = critical,CA:true
keyUsage = keyCertSign,cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = CA:false
subjectAltName = DNS:${ENV::NAME}.test
[ca]
default_ca = db
[db]
database = index.txt
new_certs_dir = .
serial = serial.txt
crlnumber = crlnumber.txt
default_md = sha256
default_days = 3650
default_crl_days = 3650
policy = any
certificate = ca.crt
private_key = ca.key
[any]
commonName = supplied
CNF
    spew("$dir/index.txt",     '');
    spew("$dir/index.txt.attr", "unique_subject = no\n");
    spew("$dir/serial.txt",    "01\n");
    spew("$dir/crlnumber.txt", "01\n");
    spew("$dir/make.sh", <<'SH');
set -e
new='openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -config peers.cnf'
export NAME=none
$new -x509 -days 3650 -extensions authority -subj '/CN=test authority' \
    -keyout ca.key -out ca.crt
leaf() {
    export NAME=$1
    shift
    $new -subj "/CN=$NAME.test" -keyout $NAME.key -out $NAME.csr
    openssl ca -batch -config peers.cnf -extensions leaf -notext \
        -in $NAME.csr -out $NAME.crt "$@"
}
leaf good
leaf client
leaf revoked
leaf expired -startdate 200101000000Z -enddate 200102000000Z
openssl ca -config peers.cnf -revoke revoked.crt
openssl ca -config peers.cnf -gencrl -out revoked.crl
NAME=selfsigned
$new -x509 -days 3650 -extensions leaf -subj /CN=selfsigned.test \
    -keyout selfsigned.key -out selfsigned.crt
NAME=middle
$new -subj '/CN=test middle' -keyout middle.key -out middle.csr
openssl ca -batch -config peers.cnf -extensions authority -notext \
    -in middle.csr -out middle.crt
NAME=chain
$new -subj /CN=chain.test -keyout chain.key -out chain.csr
openssl ca -batch -config peers.cnf -extensions leaf -notext -cert middle.crt \
    -keyfile middle.key -in chain.csr -out chain.leaf
cat chain.leaf middle.crt >chain.crt
chmod 644 *.key
SH
    system("cd '$dir' && sh make.sh >make.log 2>&1") == 0
        or die "openssl failed:\n" . slurp("$dir/make.log");
    return;
}

1;
