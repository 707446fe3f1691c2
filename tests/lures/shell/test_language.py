# SPDX-License-Identifier: MIT
"""The shell says what bash says: real bash is the oracle."""

from pathlib import Path

import pytest

from tests.lures.shell.sessions import execute
from tests.support.clients import run

SNIPPETS = r"""
echo a   b
echo 'a   b' "c  $HOME_X d" e\ f
echo -n x; echo -e 'a\tb\x41'
x=5; echo $x ${x} "${x}y"
echo ${u:-d} ${u-d} ${u:+s} ${x:=q} $x
x=hello; echo ${#x} ${x:1:3} ${x: -2} ${x^^} ${x^}
x=a.b.c; echo ${x#*.} ${x##*.} ${x%.*} ${x%%.*}
x=aXbXc; echo ${x/X/-} ${x//X/-} ${x/#a/z} ${x/%c/z}
echo $((1+2*3)) $((2**10)) $((7/2)) $((-7%3)) $((1<<4|1))
i=3; echo $((i++)) $i $((++i)) $((i+=5)) $((i>3?1:0))
echo $((0x1f)) $((010)) $((2#101))
echo {a,b}c {1..5} x{1,2}{a,b} {5..1..2} {a..e}
echo $(echo hi) `echo there`
echo "$(echo "a  b")" $(echo "a  b")
true && echo y || echo n
false && echo y || echo n
! true; echo $?
false; echo $?
(exit 3); echo $?
if true; then echo t; else echo f; fi
if false; then echo 1; elif true; then echo 2; else echo 3; fi
for i in 1 2 3; do echo $i; done
for ((i=0;i<3;i++)); do echo $i; done
i=0; while [ $i -lt 3 ]; do echo $i; i=$((i+1)); done
i=0; until [ $i -ge 2 ]; do echo $i; let i++; done
for i in 1 2 3 4; do [ $i = 3 ] && break; echo $i; done
for i in 1 2 3; do [ $i = 2 ] && continue; echo $i; done
case abc in a*) echo a;; *) echo x;; esac
case x in a|b) echo 1;; x|y) echo 2;; esac
case q in [a-m]) echo low;; [n-z]) echo high;; esac
f() { echo "$1-$2-$#-$@"; return 4; }; f a b; echo $?
f() { local v=1; echo $v; }; v=0; f; echo $v
set -- a "b c" d; for x in "$@"; do echo "[$x]"; done
set -- a "b c" d; for x in $*; do echo "[$x]"; done; echo $#
set -- 1 2 3; shift; echo $1 $#
echo "${@:-none}"
a=(x y z); echo ${a[1]} ${#a[@]} ${a[@]} ${a[-1]}
a=(1 2); a+=(3); a[5]=9; echo "${a[@]}" ${!a}
x=1; (x=2; echo $x); echo $x
{ echo a; echo b; } | wc -l | tr -d ' '
echo a | { read v; echo "<$v>"; }
echo "a b c" | while read x y; do echo "$x/$y"; done
printf '%s-%d-%05.1f\n' a 3 2.5
printf '%x %o %c %%\n' 255 8 hello
printf '%s\n' a b c
printf '%-5s|%5s|\n' ab cd
cat <<EOF
cat <<< "one line"
echo a > f1; echo b >> f1; cat f1
echo x > f2; cat < f2
ls nonexistent 2>/dev/null; echo $?
echo err >&2 2>/dev/null; echo ok
{ echo o; echo e >&2; } 2>&1 | sort
echo a b c | cut -d' ' -f2
echo abc | tr a-c A-C
printf 'b\na\nc\n' | sort
printf '10\n9\n2\n' | sort -n
printf '1\n2\n3\n' | sort -rn | head -1
printf 'a\na\nb\n' | uniq -c | sed 's/^ *//'
printf '1\n2\n3\n4\n' | tail -2
printf '1\n2\n3\n4\n' | head -n -1
printf 'a\nb\nc\n' | sed -n 2p
printf 'a\nb\nc\n' | sed '2d'
echo hello | sed 's/l/L/g;s/h/J/'
echo 2020-01-02 | sed -E 's/([0-9]+)-([0-9]+)/\2\/\1/'
printf 'foo\nbar\n' | grep o
printf 'foo\nbar\n' | grep -v o
printf 'foo\nbar\n' | grep -c a
printf 'foo\nbar\n' | grep -n bar
echo a1b22 | grep -oE '[0-9]+'
printf 'x\n' | grep -q y; echo $?
echo "a b c" | awk '{print $2, NF}'
echo a:b:c | awk -F: '{print $3}'
printf '1\n2\n3\n' | awk '{s+=$1} END {print s}'
printf 'a 1\nb 2\n' | awk '$2>1 {print $1}'
awk 'BEGIN {for(i=0;i<3;i++) printf "%d,", i; print ""}'
echo foobar | awk '{print substr($0,2,3), length($0), toupper($1)}'
seq 3
seq 1 2 7
seq -s, 4
echo a b | xargs -n1 echo x
printf 'a\nb\n' | xargs -I{} echo '<{}>'
basename /a/b.txt .txt; dirname /a/b
mkdir -p d/e; ls d; rmdir d/e; ls d
touch q; [ -f q ] && echo file; [ -d q ] || echo notdir
touch m; chmod 640 m; stat -c %a m
echo hi > o; cp o p; mv p r; cat r; ls o p r 2>/dev/null
ln -s o s; readlink s
test 3 -gt 2 && echo yes
[ a = a -a b = b ] && echo both
[[ abc == a* ]] && echo glob
[[ abc =~ ^a(.)c ]] && echo ${BASH_REMATCH[1]}
[[ -z "" && ! -f nofile ]] && echo ok
[ -n "" ]; echo $?
echo abc | md5sum
echo abc | sha256sum | cut -c1-16
echo abc | base64; echo YWJjCg== | base64 -d
eval 'x=3; echo $x'
IFS=:; x=a:b; echo $x
IFS=,; set -- 1 2 3; echo "$*"
unset x; echo "[$x]"
export V=1; env | grep ^V=
V=2 sh -c 'echo $V'
sh -c 'echo $0 $1' a b
bash -c 'exit 7'; echo $?
nosuchcmd 2>/dev/null; echo $?
x='a b'; echo $x "$x" '$x'
echo "a\"b" 'it'\''s' $'tab\there'
echo ~root
echo * | wc -w | tr -d ' '
touch a1 a2 b1; echo a* [ab]1 ?2 zz*
set -f; echo *
type cd
type -t echo
command -v cd
true | false; echo $?
set -o pipefail; false | true; echo $?
x=$(false); echo $?
echo $?; : ; echo $?
a=1 b=2; echo $a$b
echo one; # comment
echo a#b
x=3; ((x>2)) && echo big; ((x-3)); echo $?
echo hello world | wc -w -c
printf 'a,b\n' | cut -d, -f1,2
printf 'abcdef\n' | cut -c2-4
echo abc | rev
trap 'echo bye' EXIT; echo hi
set -e; false; echo no
tar cf t.tar --files-from /dev/null 2>/dev/null; echo done
echo aaa | gzip -c | gunzip -c
expr 3 + 4; expr 2 '*' 5
f() { if [ $1 -le 1 ]; then echo 1; else echo $(( $1 * $(f $(($1-1))) )); fi; }; f 5
echo ${x:-$(echo sub)}
x="a b"; for i in $x; do echo $i; done; for i in "$x"; do echo "$i"; done
cat /nonexistent 2>&1
echo "$((1 + $(echo 2)))"
date -d @0 -u +%Y-%m-%d
true &
wait; echo waited
x=5; echo "${x}th" ${x}${x}
exit 9
""".strip().split("\n")
SNIPPETS[SNIPPETS.index("cat <<EOF")] = "x=1; cat <<EOF\nv=$x\n$(echo sub)\nEOF\ncat <<'E'\n$x\nE"


@pytest.mark.client
@pytest.mark.parametrize("snippet", SNIPPETS)
async def test_shell_says_what_bash_says(snippet: str, tmp_path: Path) -> None:
    """Output and exit code of a snippet are those of /bin/bash in an empty folder."""
    real = await run("/usr/bin/env", "-i", "-C", str(tmp_path), "PATH=/usr/bin:/bin", "HOME=/root", "/bin/bash", "-c", snippet)

    code, out, errors = await execute(
        b"mkdir /tmp/w; cd /tmp/w; exec bash -c '" + snippet.replace("'", "'\\''").encode() + b"'"
    )

    assert (out, code) == (real.stdout, real.code), errors
