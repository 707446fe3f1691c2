# SPDX-License-Identifier: MIT
"""
The commands of Redis 7.0 as ``COMMAND`` and ``COMMAND DOCS`` of a server tell them; ``since`` says which versions lack one.

A row is: name, arity, since, group, first key, last key, step, flags, access categories; subcommands: name, arity, since.
"""

from dataclasses import dataclass
from functools import cache

_COMMANDS = """
acl -2 6.0.0 server 0 0 0 - slow
append 3 2.0.0 string 1 1 1 write,denyoom,fast write,string,fast
asking 1 3.0.0 cluster 0 0 0 fast fast,connection
auth -2 1.0.0 connection 0 0 0 noscript,loading,stale,fast,no_auth,allow_busy fast,connection
bgrewriteaof 1 1.0.0 server 0 0 0 admin,noscript,no_async_loading admin,slow,dangerous
bgsave -1 1.0.0 server 0 0 0 admin,noscript,no_async_loading admin,slow,dangerous
bitcount -2 2.6.0 bitmap 1 1 1 readonly read,bitmap,slow
bitfield -2 3.2.0 bitmap 1 1 1 write,denyoom write,bitmap,slow
bitfield_ro -2 6.0.0 bitmap 1 1 1 readonly,fast read,bitmap,fast
bitop -4 2.6.0 bitmap 2 -1 1 write,denyoom write,bitmap,slow
bitpos -3 2.8.7 bitmap 1 1 1 readonly read,bitmap,slow
blmove 6 6.2.0 list 1 2 1 write,denyoom,noscript,blocking write,list,slow,blocking
blmpop -5 7.0.0 list 0 0 0 write,blocking,movablekeys write,list,slow,blocking
blpop -3 2.0.0 list 1 -2 1 write,noscript,blocking write,list,slow,blocking
brpop -3 2.0.0 list 1 -2 1 write,noscript,blocking write,list,slow,blocking
brpoplpush 4 2.2.0 list 1 2 1 write,denyoom,noscript,blocking write,list,slow,blocking
bzmpop -5 7.0.0 sorted-set 0 0 0 write,blocking,movablekeys write,sortedset,slow,blocking
bzpopmax -3 5.0.0 sorted-set 1 -2 1 write,noscript,blocking,fast write,sortedset,fast,blocking
bzpopmin -3 5.0.0 sorted-set 1 -2 1 write,noscript,blocking,fast write,sortedset,fast,blocking
client -2 2.4.0 connection 0 0 0 - slow
cluster -2 3.0.0 cluster 0 0 0 - slow
command -1 2.8.13 server 0 0 0 loading,stale slow,connection
config -2 2.0.0 server 0 0 0 - slow
copy -3 6.2.0 generic 1 2 1 write,denyoom keyspace,write,slow
dbsize 1 1.0.0 server 0 0 0 readonly,fast keyspace,read,fast
debug -2 1.0.0 server 0 0 0 admin,noscript,loading,stale admin,slow,dangerous
decr 2 1.0.0 string 1 1 1 write,denyoom,fast write,string,fast
decrby 3 1.0.0 string 1 1 1 write,denyoom,fast write,string,fast
del -2 1.0.0 generic 1 -1 1 write keyspace,write,slow
discard 1 2.0.0 transactions 0 0 0 noscript,loading,stale,fast,allow_busy fast,transaction
dump 2 2.6.0 generic 1 1 1 readonly keyspace,read,slow
echo 2 1.0.0 connection 0 0 0 loading,stale,fast fast,connection
eval -3 2.6.0 scripting 0 0 0 noscript,stale,skip_monitor,no_mandatory_keys,movablekeys slow,scripting
eval_ro -3 7.0.0 scripting 0 0 0 readonly,noscript,stale,skip_monitor,no_mandatory_keys,movablekeys slow,scripting
evalsha -3 2.6.0 scripting 0 0 0 noscript,stale,skip_monitor,no_mandatory_keys,movablekeys slow,scripting
evalsha_ro -3 7.0.0 scripting 0 0 0 readonly,noscript,stale,skip_monitor,no_mandatory_keys,movablekeys slow,scripting
exec 1 1.2.0 transactions 0 0 0 noscript,loading,stale,skip_slowlog slow,transaction
exists -2 1.0.0 generic 1 -1 1 readonly,fast keyspace,read,fast
expire -3 1.0.0 generic 1 1 1 write,fast keyspace,write,fast
expireat -3 1.2.0 generic 1 1 1 write,fast keyspace,write,fast
expiretime 2 7.0.0 generic 1 1 1 readonly,fast keyspace,read,fast
failover -1 6.2.0 server 0 0 0 admin,noscript,stale admin,slow,dangerous
fcall -3 7.0.0 scripting 0 0 0 noscript,stale,skip_monitor,no_mandatory_keys,movablekeys slow,scripting
fcall_ro -3 7.0.0 scripting 0 0 0 readonly,noscript,stale,skip_monitor,no_mandatory_keys,movablekeys slow,scripting
flushall -1 1.0.0 server 0 0 0 write keyspace,write,slow,dangerous
flushdb -1 1.0.0 server 0 0 0 write keyspace,write,slow,dangerous
function -2 7.0.0 scripting 0 0 0 - slow
geoadd -5 3.2.0 geo 1 1 1 write,denyoom write,geo,slow
geodist -4 3.2.0 geo 1 1 1 readonly read,geo,slow
geohash -2 3.2.0 geo 1 1 1 readonly read,geo,slow
geopos -2 3.2.0 geo 1 1 1 readonly read,geo,slow
georadius -6 3.2.0 geo 1 1 1 write,denyoom,movablekeys write,geo,slow
georadius_ro -6 3.2.10 geo 1 1 1 readonly read,geo,slow
georadiusbymember -5 3.2.0 geo 1 1 1 write,denyoom,movablekeys write,geo,slow
georadiusbymember_ro -5 3.2.10 geo 1 1 1 readonly read,geo,slow
geosearch -7 6.2.0 geo 1 1 1 readonly read,geo,slow
geosearchstore -8 6.2.0 geo 1 2 1 write,denyoom write,geo,slow
get 2 1.0.0 string 1 1 1 readonly,fast read,string,fast
getbit 3 2.2.0 bitmap 1 1 1 readonly,fast read,bitmap,fast
getdel 2 6.2.0 string 1 1 1 write,fast write,string,fast
getex -2 6.2.0 string 1 1 1 write,fast write,string,fast
getrange 4 2.4.0 string 1 1 1 readonly read,string,slow
getset 3 1.0.0 string 1 1 1 write,denyoom,fast write,string,fast
hdel -3 2.0.0 hash 1 1 1 write,fast write,hash,fast
hello -1 6.0.0 connection 0 0 0 noscript,loading,stale,fast,no_auth,allow_busy fast,connection
hexists 3 2.0.0 hash 1 1 1 readonly,fast read,hash,fast
hget 3 2.0.0 hash 1 1 1 readonly,fast read,hash,fast
hgetall 2 2.0.0 hash 1 1 1 readonly read,hash,slow
hincrby 4 2.0.0 hash 1 1 1 write,denyoom,fast write,hash,fast
hincrbyfloat 4 2.6.0 hash 1 1 1 write,denyoom,fast write,hash,fast
hkeys 2 2.0.0 hash 1 1 1 readonly read,hash,slow
hlen 2 2.0.0 hash 1 1 1 readonly,fast read,hash,fast
hmget -3 2.0.0 hash 1 1 1 readonly,fast read,hash,fast
hmset -4 2.0.0 hash 1 1 1 write,denyoom,fast write,hash,fast
hrandfield -2 6.2.0 hash 1 1 1 readonly read,hash,slow
hscan -3 2.8.0 hash 1 1 1 readonly read,hash,slow
hset -4 2.0.0 hash 1 1 1 write,denyoom,fast write,hash,fast
hsetnx 4 2.0.0 hash 1 1 1 write,denyoom,fast write,hash,fast
hstrlen 3 3.2.0 hash 1 1 1 readonly,fast read,hash,fast
hvals 2 2.0.0 hash 1 1 1 readonly read,hash,slow
incr 2 1.0.0 string 1 1 1 write,denyoom,fast write,string,fast
incrby 3 1.0.0 string 1 1 1 write,denyoom,fast write,string,fast
incrbyfloat 3 2.6.0 string 1 1 1 write,denyoom,fast write,string,fast
info -1 1.0.0 server 0 0 0 loading,stale slow,dangerous
keys 2 1.0.0 generic 0 0 0 readonly keyspace,read,slow,dangerous
lastsave 1 1.0.0 server 0 0 0 loading,stale,fast admin,fast,dangerous
latency -2 2.8.13 server 0 0 0 - slow
lcs -3 7.0.0 string 1 2 1 readonly read,string,slow
lindex 3 1.0.0 list 1 1 1 readonly read,list,slow
linsert 5 2.2.0 list 1 1 1 write,denyoom write,list,slow
llen 2 1.0.0 list 1 1 1 readonly,fast read,list,fast
lmove 5 6.2.0 list 1 2 1 write,denyoom write,list,slow
lmpop -4 7.0.0 list 0 0 0 write,movablekeys write,list,slow
lolwut -1 5.0.0 server 0 0 0 readonly,fast read,fast
lpop -2 1.0.0 list 1 1 1 write,fast write,list,fast
lpos -3 6.0.6 list 1 1 1 readonly read,list,slow
lpush -3 1.0.0 list 1 1 1 write,denyoom,fast write,list,fast
lpushx -3 2.2.0 list 1 1 1 write,denyoom,fast write,list,fast
lrange 4 1.0.0 list 1 1 1 readonly read,list,slow
lrem 4 1.0.0 list 1 1 1 write write,list,slow
lset 4 1.0.0 list 1 1 1 write,denyoom write,list,slow
ltrim 4 1.0.0 list 1 1 1 write write,list,slow
memory -2 4.0.0 server 0 0 0 - slow
mget -2 1.0.0 string 1 -1 1 readonly,fast read,string,fast
migrate -6 2.6.0 generic 3 3 1 write,movablekeys keyspace,write,slow,dangerous
module -2 4.0.0 server 0 0 0 - slow
monitor 1 1.0.0 server 0 0 0 admin,noscript,loading,stale admin,slow,dangerous
move 3 1.0.0 generic 1 1 1 write,fast keyspace,write,fast
mset -3 1.0.1 string 1 -1 2 write,denyoom write,string,slow
msetnx -3 1.0.1 string 1 -1 2 write,denyoom write,string,slow
multi 1 1.2.0 transactions 0 0 0 noscript,loading,stale,fast,allow_busy fast,transaction
object -2 2.2.3 generic 0 0 0 - slow
persist 2 2.2.0 generic 1 1 1 write,fast keyspace,write,fast
pexpire -3 2.6.0 generic 1 1 1 write,fast keyspace,write,fast
pexpireat -3 2.6.0 generic 1 1 1 write,fast keyspace,write,fast
pexpiretime 2 7.0.0 generic 1 1 1 readonly,fast keyspace,read,fast
pfadd -2 2.8.9 hyperloglog 1 1 1 write,denyoom,fast write,hyperloglog,fast
pfcount -2 2.8.9 hyperloglog 1 -1 1 readonly read,hyperloglog,slow
pfdebug 3 2.8.9 hyperloglog 2 2 1 write,denyoom,admin write,hyperloglog,admin,slow,dangerous
pfmerge -2 2.8.9 hyperloglog 1 -1 1 write,denyoom write,hyperloglog,slow
pfselftest 1 2.8.9 hyperloglog 0 0 0 admin hyperloglog,admin,slow,dangerous
ping -1 1.0.0 connection 0 0 0 fast fast,connection
psetex 4 2.6.0 string 1 1 1 write,denyoom write,string,slow
psubscribe -2 2.0.0 pubsub 0 0 0 pubsub,noscript,loading,stale pubsub,slow
psync -3 2.8.0 server 0 0 0 admin,noscript,no_async_loading,no_multi admin,slow,dangerous
pttl 2 2.6.0 generic 1 1 1 readonly,fast keyspace,read,fast
publish 3 2.0.0 pubsub 0 0 0 pubsub,loading,stale,fast pubsub,fast
pubsub -2 2.8.0 pubsub 0 0 0 - slow
punsubscribe -1 2.0.0 pubsub 0 0 0 pubsub,noscript,loading,stale pubsub,slow
quit -1 1.0.0 connection 0 0 0 noscript,loading,stale,fast,no_auth,allow_busy fast,connection
randomkey 1 1.0.0 generic 0 0 0 readonly keyspace,read,slow
readonly 1 3.0.0 cluster 0 0 0 loading,stale,fast fast,connection
readwrite 1 3.0.0 cluster 0 0 0 loading,stale,fast fast,connection
rename 3 1.0.0 generic 1 2 1 write keyspace,write,slow
renamenx 3 1.0.0 generic 1 2 1 write,fast keyspace,write,fast
replconf -1 3.0.0 server 0 0 0 admin,noscript,loading,stale,allow_busy admin,slow,dangerous
replicaof 3 5.0.0 server 0 0 0 admin,noscript,stale,no_async_loading admin,slow,dangerous
reset 1 6.2.0 connection 0 0 0 noscript,loading,stale,fast,no_auth,allow_busy fast,connection
restore -4 2.6.0 generic 1 1 1 write,denyoom keyspace,write,slow,dangerous
restore-asking -4 3.0.0 server 1 1 1 write,denyoom,asking keyspace,write,slow,dangerous
role 1 2.8.12 server 0 0 0 noscript,loading,stale,fast admin,fast,dangerous
rpop -2 1.0.0 list 1 1 1 write,fast write,list,fast
rpoplpush 3 1.2.0 list 1 2 1 write,denyoom write,list,slow
rpush -3 1.0.0 list 1 1 1 write,denyoom,fast write,list,fast
rpushx -3 2.2.0 list 1 1 1 write,denyoom,fast write,list,fast
sadd -3 1.0.0 set 1 1 1 write,denyoom,fast write,set,fast
save 1 1.0.0 server 0 0 0 admin,noscript,no_async_loading,no_multi admin,slow,dangerous
scan -2 2.8.0 generic 0 0 0 readonly keyspace,read,slow
scard 2 1.0.0 set 1 1 1 readonly,fast read,set,fast
script -2 2.6.0 scripting 0 0 0 - slow
sdiff -2 1.0.0 set 1 -1 1 readonly read,set,slow
sdiffstore -3 1.0.0 set 1 -1 1 write,denyoom write,set,slow
select 2 1.0.0 connection 0 0 0 loading,stale,fast fast,connection
set -3 1.0.0 string 1 1 1 write,denyoom write,string,slow
setbit 4 2.2.0 bitmap 1 1 1 write,denyoom write,bitmap,slow
setex 4 2.0.0 string 1 1 1 write,denyoom write,string,slow
setnx 3 1.0.0 string 1 1 1 write,denyoom,fast write,string,fast
setrange 4 2.2.0 string 1 1 1 write,denyoom write,string,slow
shutdown -1 1.0.0 server 0 0 0 admin,noscript,loading,stale,no_multi,allow_busy admin,slow,dangerous
sinter -2 1.0.0 set 1 -1 1 readonly read,set,slow
sintercard -3 7.0.0 set 0 0 0 readonly,movablekeys read,set,slow
sinterstore -3 1.0.0 set 1 -1 1 write,denyoom write,set,slow
sismember 3 1.0.0 set 1 1 1 readonly,fast read,set,fast
slaveof 3 1.0.0 server 0 0 0 admin,noscript,stale,no_async_loading admin,slow,dangerous
slowlog -2 2.2.12 server 0 0 0 - slow
smembers 2 1.0.0 set 1 1 1 readonly read,set,slow
smismember -3 6.2.0 set 1 1 1 readonly,fast read,set,fast
smove 4 1.0.0 set 1 2 1 write,fast write,set,fast
sort -2 1.0.0 generic 1 1 1 write,denyoom,movablekeys write,set,sortedset,list,slow,dangerous
sort_ro -2 7.0.0 generic 1 1 1 readonly,movablekeys read,set,sortedset,list,slow,dangerous
spop -2 1.0.0 set 1 1 1 write,fast write,set,fast
spublish 3 7.0.0 pubsub 1 1 1 pubsub,loading,stale,fast pubsub,fast
srandmember -2 1.0.0 set 1 1 1 readonly read,set,slow
srem -3 1.0.0 set 1 1 1 write,fast write,set,fast
sscan -3 2.8.0 set 1 1 1 readonly read,set,slow
ssubscribe -2 7.0.0 pubsub 1 -1 1 pubsub,noscript,loading,stale pubsub,slow
strlen 2 2.2.0 string 1 1 1 readonly,fast read,string,fast
subscribe -2 2.0.0 pubsub 0 0 0 pubsub,noscript,loading,stale pubsub,slow
substr 4 1.0.0 string 1 1 1 readonly read,string,slow
sunion -2 1.0.0 set 1 -1 1 readonly read,set,slow
sunionstore -3 1.0.0 set 1 -1 1 write,denyoom write,set,slow
sunsubscribe -1 7.0.0 pubsub 1 -1 1 pubsub,noscript,loading,stale pubsub,slow
swapdb 3 4.0.0 server 0 0 0 write,fast keyspace,write,fast,dangerous
sync 1 1.0.0 server 0 0 0 admin,noscript,no_async_loading,no_multi admin,slow,dangerous
time 1 2.6.0 server 0 0 0 loading,stale,fast fast
touch -2 3.2.1 generic 1 -1 1 readonly,fast keyspace,read,fast
ttl 2 1.0.0 generic 1 1 1 readonly,fast keyspace,read,fast
type 2 1.0.0 generic 1 1 1 readonly,fast keyspace,read,fast
unlink -2 4.0.0 generic 1 -1 1 write,fast keyspace,write,fast
unsubscribe -1 2.0.0 pubsub 0 0 0 pubsub,noscript,loading,stale pubsub,slow
unwatch 1 2.2.0 transactions 0 0 0 noscript,loading,stale,fast,allow_busy fast,transaction
wait 3 3.0.0 generic 0 0 0 noscript slow,connection
watch -2 2.2.0 transactions 1 -1 1 noscript,loading,stale,fast,allow_busy fast,transaction
xack -4 5.0.0 stream 1 1 1 write,fast write,stream,fast
xadd -5 5.0.0 stream 1 1 1 write,denyoom,fast write,stream,fast
xautoclaim -6 6.2.0 stream 1 1 1 write,fast write,stream,fast
xclaim -6 5.0.0 stream 1 1 1 write,fast write,stream,fast
xdel -3 5.0.0 stream 1 1 1 write,fast write,stream,fast
xgroup -2 5.0.0 stream 0 0 0 - slow
xinfo -2 5.0.0 stream 0 0 0 - slow
xlen 2 5.0.0 stream 1 1 1 readonly,fast read,stream,fast
xpending -3 5.0.0 stream 1 1 1 readonly read,stream,slow
xrange -4 5.0.0 stream 1 1 1 readonly read,stream,slow
xread -4 5.0.0 stream 0 0 0 readonly,blocking,movablekeys read,stream,slow,blocking
xreadgroup -7 5.0.0 stream 0 0 0 write,blocking,movablekeys write,stream,slow,blocking
xrevrange -4 5.0.0 stream 1 1 1 readonly read,stream,slow
xsetid -3 5.0.0 stream 1 1 1 write,denyoom,fast write,stream,fast
xtrim -4 5.0.0 stream 1 1 1 write write,stream,slow
zadd -4 1.2.0 sorted-set 1 1 1 write,denyoom,fast write,sortedset,fast
zcard 2 1.2.0 sorted-set 1 1 1 readonly,fast read,sortedset,fast
zcount 4 2.0.0 sorted-set 1 1 1 readonly,fast read,sortedset,fast
zdiff -3 6.2.0 sorted-set 0 0 0 readonly,movablekeys read,sortedset,slow
zdiffstore -4 6.2.0 sorted-set 1 1 1 write,denyoom,movablekeys write,sortedset,slow
zincrby 4 1.2.0 sorted-set 1 1 1 write,denyoom,fast write,sortedset,fast
zinter -3 6.2.0 sorted-set 0 0 0 readonly,movablekeys read,sortedset,slow
zintercard -3 7.0.0 sorted-set 0 0 0 readonly,movablekeys read,sortedset,slow
zinterstore -4 2.0.0 sorted-set 1 1 1 write,denyoom,movablekeys write,sortedset,slow
zlexcount 4 2.8.9 sorted-set 1 1 1 readonly,fast read,sortedset,fast
zmpop -4 7.0.0 sorted-set 0 0 0 write,movablekeys write,sortedset,slow
zmscore -3 6.2.0 sorted-set 1 1 1 readonly,fast read,sortedset,fast
zpopmax -2 5.0.0 sorted-set 1 1 1 write,fast write,sortedset,fast
zpopmin -2 5.0.0 sorted-set 1 1 1 write,fast write,sortedset,fast
zrandmember -2 6.2.0 sorted-set 1 1 1 readonly read,sortedset,slow
zrange -4 1.2.0 sorted-set 1 1 1 readonly read,sortedset,slow
zrangebylex -4 2.8.9 sorted-set 1 1 1 readonly read,sortedset,slow
zrangebyscore -4 1.0.5 sorted-set 1 1 1 readonly read,sortedset,slow
zrangestore -5 6.2.0 sorted-set 1 2 1 write,denyoom write,sortedset,slow
zrank 3 2.0.0 sorted-set 1 1 1 readonly,fast read,sortedset,fast
zrem -3 1.2.0 sorted-set 1 1 1 write,fast write,sortedset,fast
zremrangebylex 4 2.8.9 sorted-set 1 1 1 write write,sortedset,slow
zremrangebyrank 4 2.0.0 sorted-set 1 1 1 write write,sortedset,slow
zremrangebyscore 4 1.2.0 sorted-set 1 1 1 write write,sortedset,slow
zrevrange -4 1.2.0 sorted-set 1 1 1 readonly read,sortedset,slow
zrevrangebylex -4 2.8.9 sorted-set 1 1 1 readonly read,sortedset,slow
zrevrangebyscore -4 2.2.0 sorted-set 1 1 1 readonly read,sortedset,slow
zrevrank 3 2.0.0 sorted-set 1 1 1 readonly,fast read,sortedset,fast
zscan -3 2.8.0 sorted-set 1 1 1 readonly read,sortedset,slow
zscore 3 1.2.0 sorted-set 1 1 1 readonly,fast read,sortedset,fast
zunion -3 6.2.0 sorted-set 0 0 0 readonly,movablekeys read,sortedset,slow
zunionstore -4 2.0.0 sorted-set 1 1 1 write,denyoom,movablekeys write,sortedset,slow
"""
_SUBCOMMANDS = """
acl|cat -2 6.0.0; acl|deluser -3 6.0.0; acl|dryrun -4 7.0.0; acl|genpass -2 6.0.0; acl|getuser 3 6.0.0;
acl|help 2 6.0.0; acl|list 2 6.0.0; acl|load 2 6.0.0; acl|log -2 6.0.0; acl|save 2 6.0.0; acl|setuser -3 6.0.0;
acl|users 2 6.0.0; acl|whoami 2 6.0.0; client|caching 3 6.0.0; client|getname 2 2.6.9; client|getredir 2 6.0.0;
client|help 2 5.0.0; client|id 2 5.0.0; client|info 2 6.2.0; client|kill -3 2.4.0; client|list -2 2.4.0;
client|no-evict 3 7.0.0; client|pause -3 2.9.50; client|reply 3 3.2.0; client|setname 3 2.6.9;
client|tracking -3 6.0.0; client|trackinginfo 2 6.2.0; client|unblock -3 5.0.0; client|unpause 2 6.2.0;
cluster|addslots -3 3.0.0; cluster|addslotsrange -4 7.0.0; cluster|bumpepoch 2 3.0.0;
cluster|count-failure-reports 3 3.0.0; cluster|countkeysinslot 3 3.0.0; cluster|delslots -3 3.0.0;
cluster|delslotsrange -4 7.0.0; cluster|failover -2 3.0.0; cluster|flushslots 2 3.0.0; cluster|forget 3 3.0.0;
cluster|getkeysinslot 4 3.0.0; cluster|help 2 5.0.0; cluster|info 2 3.0.0; cluster|keyslot 3 3.0.0;
cluster|links 2 7.0.0; cluster|meet -4 3.0.0; cluster|myid 2 3.0.0; cluster|nodes 2 3.0.0; cluster|replicas 3 5.0.0;
cluster|replicate 3 3.0.0; cluster|reset -2 3.0.0; cluster|saveconfig 2 3.0.0; cluster|set-config-epoch 3 3.0.0;
cluster|setslot -4 3.0.0; cluster|shards 2 7.0.0; cluster|slaves 3 3.0.0; cluster|slots 2 3.0.0;
command|count 2 2.8.13; command|docs -2 7.0.0; command|getkeys -4 2.8.13; command|getkeysandflags -4 7.0.0;
command|help 2 5.0.0; command|info -2 2.8.13; command|list -2 7.0.0; config|get -3 2.0.0; config|help 2 5.0.0;
config|resetstat 2 2.0.0; config|rewrite 2 2.8.0; config|set -4 2.0.0; function|delete 3 7.0.0; function|dump 2 7.0.0;
function|flush -2 7.0.0; function|help 2 7.0.0; function|kill 2 7.0.0; function|list -2 7.0.0; function|load -3 7.0.0;
function|restore -3 7.0.0; function|stats 2 7.0.0; latency|doctor 2 2.8.13; latency|graph 3 2.8.13;
latency|help 2 2.8.13; latency|histogram -2 7.0.0; latency|history 3 2.8.13; latency|latest 2 2.8.13;
latency|reset -2 2.8.13; memory|doctor 2 4.0.0; memory|help 2 4.0.0; memory|malloc-stats 2 4.0.0; memory|purge 2 4.0.0;
memory|stats 2 4.0.0; memory|usage -3 4.0.0; module|help 2 5.0.0; module|list 2 4.0.0; module|load -3 4.0.0;
module|loadex -3 7.0.0; module|unload 3 4.0.0; object|encoding 3 2.2.3; object|freq 3 4.0.0; object|help 2 6.2.0;
object|idletime 3 2.2.3; object|refcount 3 2.2.3; pubsub|channels -2 2.8.0; pubsub|help 2 6.2.0; pubsub|numpat 2 2.8.0;
pubsub|numsub -2 2.8.0; pubsub|shardchannels -2 7.0.0; pubsub|shardnumsub -2 7.0.0; script|debug 3 3.2.0;
script|exists -3 2.6.0; script|flush -2 2.6.0; script|help 2 5.0.0; script|kill 2 2.6.0; script|load 3 2.6.0;
slowlog|get -2 2.2.12; slowlog|help 2 6.2.0; slowlog|len 2 2.2.12; slowlog|reset 2 2.2.12; xgroup|create -5 5.0.0;
xgroup|createconsumer 5 6.2.0; xgroup|delconsumer 5 5.0.0; xgroup|destroy 4 5.0.0; xgroup|help 2 5.0.0;
xgroup|setid -5 5.0.0; xinfo|consumers 4 5.0.0; xinfo|groups 3 5.0.0; xinfo|help 2 5.0.0; xinfo|stream -3 5.0.0;
"""


@dataclass(frozen=True, kw_only=True)
class Row:
    """
    A command or, its name written ``container|name``, a subcommand.

    A negative arity is the least number of arguments, the name included; keys are argument positions.
    """

    name: str
    arity: int
    since: tuple[int, ...]
    group: str = ""
    keys: tuple[int, int, int] = (0, 0, 0)
    flags: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()

    def takes(self, count: int) -> bool:
        """Whether ``count`` arguments, the name included, are enough and not too many."""
        return count == self.arity if self.arity >= 0 else count >= -self.arity


def version_of(text: str) -> tuple[int, ...]:
    """Return a version as numbers; what is no number counts as nothing."""
    return tuple(int(part) if part.isdigit() else 0 for part in text.split("."))


@cache
def rows_of(version: tuple[int, ...]) -> dict[str, Row]:
    """Return the commands and subcommands that a version has, by name."""
    rows = [*map(_command, _COMMANDS.strip().splitlines()), *map(_subcommand, _SUBCOMMANDS.replace("\n", " ").split(";")[:-1])]
    return {row.name: row for row in rows if row.since <= version}


def _command(line: str) -> Row:
    """Return the row of a line."""
    name, arity, since, group, first, last, step, flags, categories = line.split()
    return Row(
        name=name,
        arity=int(arity),
        since=version_of(since),
        group=group,
        keys=(int(first), int(last), int(step)),
        flags=tuple(flags.split(",")) if flags != "-" else (),
        categories=tuple(categories.split(",")),
    )


def _subcommand(text: str) -> Row:
    """Return the row of a subcommand."""
    name, arity, since = text.split()
    return Row(name=name, arity=int(arity), since=version_of(since))
